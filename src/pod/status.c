/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>

#include "layout/pods.h"
#include "layout/stage1.h"
#include "pod/lifecycle.h"
#include "pod/pid.h"
#include "pod/pod-internal.h"

/* What can be said of a pod, from its files. Exit codes are read from the upper layer of stage1's overlay,
 * since the mount may be gone: after a reboot, or because somebody unmounted it. */

void pod_status_done(PodStatus *s) {
        for (size_t i = 0; i < s->n_apps; i++) {
                free(s->apps[i].name);
                free(s->apps[i].image_name);
                free(s->apps[i].image_id);
        }
        free(s->apps);
        free(s->uuid);
        free(s->machine);
        free(s->unit);
        free(s->networks);
        *s = (PodStatus) {};
}

/* 0 if there is no such file. */
static usec_t file_time(const Pod *p, const char *name) {
        struct stat st;

        return fstatat(p->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : timespec_to_usec(&st.st_mtim);
}

static usec_t first_time(const Pod *p, const char *const *names) {
        usec_t t = 0;

        for (; *names && t == 0; names++)
                t = file_time(p, *names);

        return t;
}

/* rkt lists images as "NAME:VERSION". */
static int image_name(const RuntimeApp *app, char **ret) {
        const char *version = name_value_list_get(&app->image_labels, "version");

        if (!app->image_name)
                *ret = NULL;
        else {
                *ret = version ? strjoin(app->image_name, ":", version, NULL) : strdup(app->image_name);
                if (!*ret)
                        return -ENOMEM;
        }

        return 0;
}

static int fill_app(const RuntimeApp *app, AppStatus *ret) {
        ret->exit_code = -1;
        ret->name = strdup(app->name);
        ret->image_id = strdup(strempty(app->image_id));
        if (!ret->name || !ret->image_id)
                return -ENOMEM;

        return image_name(app, &ret->image_name);
}

static int fill_apps(Pod *p, PodStatus *s, Diag *diag) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;

        int r = pod_load_manifest(p, &m, diag);
        if (r < 0)
                return r;

        s->apps = calloc(m->n_apps + 1, sizeof(*s->apps));
        if (!s->apps)
                return -ENOMEM;

        for (size_t i = 0; i < m->n_apps; i++) {
                s->n_apps = i + 1;
                r = fill_app(&m->apps[i], &s->apps[i]);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* Whether its manifest must be there: not before it is prepared, nor while it is deleted, nor in what is
 * left of one whose preparation or deletion was interrupted. */
static bool manifest_is_expected(PodState s) {
        return s == POD_PREPARED || s == POD_RUNNING || s == POD_EXITED;
}

static int fill_summary(Pod *p, PodStatus *s, Diag *diag) {
        static const char *const created[] = { POD_CREATED_FILE, POD_MANIFEST_FILE, NULL };
        static const char *const started[] = { POD_STARTED_FILE, POD_PID_FILE, POD_PPID_FILE, NULL };
        _cleanup_diag_ Diag why = {};

        s->uuid = strdup(p->uuid);
        s->networks = strdup("");
        if (!s->uuid || !s->networks)
                return -ENOMEM;
        s->created = first_time(p, created);
        if (s->state >= POD_RUNNING && s->state < POD_GARBAGE)
                s->started = first_time(p, started);

        int r = fill_apps(p, s, &why);
        if (r >= 0)
                return 0;

        /* It may have begun to be deleted meanwhile. */
        int k = pod_refresh(p, &s->state);
        if (k == -ENOENT)
                return diag_set(diag, k, "pod \"%s\" was removed meanwhile", p->uuid);
        if (k < 0)
                return diag_errno(diag, k, "cannot determine the state of pod \"%s\"", p->uuid);
        if (!manifest_is_expected(s->state))
                return 0;

        if (diag) {
                diag_done(diag);
                *diag = why;
                why = (Diag) {};
        }
        return r;
}

static int fill_details(Pod *p, PodStatus *s) {
        _cleanup_close_ int files_fd = -EBADF;

        if (s->state < POD_RUNNING || s->state >= POD_GARBAGE)
                return 0;

        /* Of what has ended, the number that stage1 left behind has to do. */
        int r = s->state == POD_RUNNING ? pod_find_pid(p, &s->pid) : pod_read_pid(p, &s->pid);
        if (r < 0)
                s->pid = 0;
        (void) pod_read_word(p, POD_UNIT_FILE, &s->unit);
        if (pod_read_word(p, POD_MACHINE_FILE, &s->machine) < 0)
                s->machine = strjoin("rkt-", p->uuid, NULL);
        if (!s->machine)
                return -ENOMEM;

        if (pod_open_stage1_files(p, &files_fd) < 0)
                return 0;
        for (size_t i = 0; i < s->n_apps; i++)
                if (stage1_status_read(files_fd, s->apps[i].name, &s->apps[i].exit_code) < 0)
                        s->apps[i].exit_code = -1;
        return 0;
}

int pod_get_summary(Pod *p, PodState state, PodStatus *ret, Diag *diag) {
        PodStatus s = { .state = state };

        int r = fill_summary(p, &s, diag);
        if (r < 0) {
                pod_status_done(&s);
                return r;
        }

        *ret = s;
        return 0;
}

int pod_get_status(Pod *p, PodStatus *ret, Diag *diag) {
        PodStatus s = {};
        PodState state;

        int r = pod_refresh(p, &state);
        if (r == -ENOENT)
                return diag_set(diag, r, "pod \"%s\" was removed meanwhile", p->uuid);
        if (r < 0)
                return diag_errno(diag, r, "cannot determine the state of pod \"%s\"", p->uuid);
        r = pod_get_summary(p, state, &s, diag);
        if (r >= 0)
                r = fill_details(p, &s);
        if (r < 0) {
                pod_status_done(&s);
                return r;
        }

        *ret = s;
        return 0;
}
