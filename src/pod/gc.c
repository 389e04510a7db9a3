/* SPDX-License-Identifier: Apache-2.0 */

#include "pod/age.h"
#include "pod/pod-internal.h"
#include "pod/remove.h"

/* Mark and sweep. One pass over all pods marks: it moves what has ended to the garbage; another one
 * sweeps: it deletes what has been there for long enough. Several gcs, and everything else, may be at it
 * at the same time: whoever loses a race finds the pod moved, locked or gone, and leaves it to the winner. */

/* An embryo lives for microseconds, and is locked but for a few of them. */
#define EMBRYO_AGE_MIN (60 * USEC_PER_SEC)

typedef struct Gc {
        const PodContext *context;
        const PodGcArgs *args;
        int error;  /* the first one, with its diag */
        Diag *diag;
} Gc;

static void notify(const Gc *g, const char *doing, const Pod *p, const char *whither) {
        _cleanup_free_ char *text = NULL;

        if (!g->args->notify)
                return;
        text = xasprintf("%s \"%s\"%s", doing, p->uuid, whither);
        if (text)
                g->args->notify(text, g->args->userdata);
}

/* Keeps the first failure, tells of the others. */
static void note_failure(Gc *g, int error, Diag *why) {
        if (g->error >= 0) {
                g->error = error;
                if (g->diag) {
                        diag_done(g->diag);
                        *g->diag = *why;
                        *why = (Diag) {};
                }
        } else if (g->args->notify) {
                _cleanup_free_ char *text = diag_format_line(why);

                if (text)
                        g->args->notify(text, g->args->userdata);
        }
}

/* What marking means for a pod in each state that it can be marked in. */
typedef struct Mark {
        PodState state;
        PodPhase to;
        bool only_if_expired; /* and not with mark_only */
        const char *doing;
} Mark;

static const Mark marks[] = {
        { POD_EXITED, POD_PHASE_EXITED_GARBAGE, false, "Moving pod" },
        { POD_PREPARE_FAILED, POD_PHASE_GARBAGE, false, "Moving failed prepare" },
        { POD_PREPARED, POD_PHASE_GARBAGE, true, "Moving expired prepared pod" },
        { POD_EMBRYO, POD_PHASE_GARBAGE, true, "Moving aborted embryo" },
};

static const Mark *find_mark(PodState state) {
        for (size_t i = 0; i < ELEMENTSOF(marks); i++)
                if (marks[i].state == state)
                        return &marks[i];

        return NULL;
}

static int is_expired(const Gc *g, Pod *p, PodState state) {
        usec_t age, limit = state == POD_EMBRYO ? EMBRYO_AGE_MIN : g->args->expire_prepared;

        if (g->args->mark_only)
                return false;

        int r = pod_age(p, &age);
        return r < 0 ? r : age >= limit;
}

/* Somebody else was faster, and it is theirs now. */
static bool is_lost_race(int r) {
        return r == -EBUSY || r == -ENOENT || r == -ESTALE;
}

static int mark(Gc *g, Pod *p, const Mark *m, Diag *diag) {
        PodPhase seen = p->phase;
        int r;

        if (m->only_if_expired) {
                r = is_expired(g, p, m->state);
                if (r < 0)
                        return diag_errno(diag, r, "cannot tell the age of pod \"%s\"", p->uuid);
                if (r == 0)
                        return 0;
        }

        r = pod_phase_arrow(p->phase, m->to) & POD_ARROW_SHARED ? pod_lock_shared(p, diag)
                                                                 : pod_lock_exclusive(p, diag);
        if (r < 0)
                return is_lost_race(r) ? 0 : r;
        /* It may have moved on before we got the lock. With it, it stays what it was: nobody runs or
         * prepares it. */
        if (p->phase != seen)
                return 0;

        /* Best effort: on a full disk the change time has to do, and room has to be made. */
        (void) pod_stamp(p);
        r = pod_transition(p, m->to, diag);
        if (r < 0)
                return is_lost_race(r) ? 0 : r;

        notify(g, m->doing, p, " to garbage");
        return 0;
}

static int mark_one(Pod *p, PodState state, void *userdata) {
        _cleanup_diag_ Diag why = {};
        const Mark *m = find_mark(state);
        Gc *g = userdata;

        int r = m ? mark(g, p, m, &why) : 0;
        if (r < 0)
                note_failure(g, r, &why);
        return 0;
}

static int sweep(Gc *g, Pod *p, Diag *diag) {
        usec_t age;

        if (p->phase == POD_PHASE_EXITED_GARBAGE) {
                int r = pod_age(p, &age);
                if (r < 0)
                        return diag_errno(diag, r, "cannot tell the age of pod \"%s\"", p->uuid);
                if (age < g->args->grace_period)
                        return 0;
        }

        int r = pod_lock_exclusive(p, diag);
        if (r < 0)
                return is_lost_race(r) ? 0 : r;

        notify(g, "Garbage collecting pod", p, "");
        return pod_delete(g->context, p, diag);
}

static int sweep_one(Pod *p, PodState state, void *userdata) {
        _cleanup_diag_ Diag why = {};
        Gc *g = userdata;

        if (state != POD_EXITED_MARKED && state != POD_GARBAGE)
                return 0;

        int r = sweep(g, p, &why);
        if (r < 0)
                note_failure(g, r, &why);
        return 0;
}

int pods_gc(const PodContext *c, const PodGcArgs *a, Diag *diag) {
        Gc g = { .context = c, .args = a, .diag = diag };

        int r = pods_foreach(c->data_dir_fd, mark_one, &g);
        if (r >= 0 && !a->mark_only)
                r = pods_foreach(c->data_dir_fd, sweep_one, &g);
        if (r < 0 && g.error >= 0)
                return diag_errno(diag, r, "cannot look through the pods");

        return g.error;
}
