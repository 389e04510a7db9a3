/* SPDX-License-Identifier: Apache-2.0 */

#include "appc/pod-manifest.h"
#include "pod/spec.h"

/* A pod file as a PodSpec. The keys that have a flag end up in the same member as the flag; those that
 * have none (order, restart, stop time-out) become annotations that stage1 reads. */

/* StopTimeoutSec= if it is not given. Saying it would make the manifest another one than that of the
 * flags. */
#define STOP_TIMEOUT_DEFAULT (30 * USEC_PER_SEC)

static int copy_string(char **to, const char *from) {
        if (!from)
                return 0;

        *to = strdup(from);
        return *to ? 0 : -ENOMEM;
}

static int copy_strv(char ***to, char *const *from) {
        return strv_extend_strv(to, from);
}

static int annotate(char ***annotations, const char *name, const char *value) {
        return value ? strv_extendf(annotations, "%s=%s", name, value) : 0;
}

static int annotate_words(char ***annotations, const char *name, char *const *words) {
        _cleanup_free_ char *value = NULL;

        if (strv_length(words) == 0)
                return 0;
        value = strv_join(words, " ");
        return value ? annotate(annotations, name, value) : -ENOMEM;
}

static int copy_app_strings(const PodFileApp *f, AppSpec *a) {
        const struct {
                char **to;
                const char *from;
        } strings[] = {
                { &a->name, f->name },
                { &a->image, f->image },
                { &a->signature, f->signature },
                { &a->working_dir, f->working_directory },
                { &a->memory, f->memory },
                { &a->cpu, f->cpu },
        };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(strings) && r >= 0; i++)
                r = copy_string(strings[i].to, strings[i].from);

        return r;
}

static int copy_app_vectors(const PodFileApp *f, AppSpec *a) {
        const struct {
                char ***to;
                char *const *from;
        } vectors[] = {
                { &a->exec_words, f->exec },
                { &a->args, f->args },
                { &a->environment, f->environment },
                { &a->environment_files, f->environment_files },
                { &a->mounts, f->mounts },
                { &a->read_only_mounts, f->read_only_mounts },
        };
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(vectors) && r >= 0; i++)
                r = copy_strv(vectors[i].to, vectors[i].from);

        return r;
}

static int add_app(PodSpec *s, const PodFileApp *f) {
        AppSpec *a = pod_spec_add_app(s);

        if (!a)
                return -ENOMEM;

        int r = copy_app_strings(f, a);
        if (r >= 0)
                r = copy_app_vectors(f, a);
        a->has_args = strv_length(a->args) > 0;
        if (r >= 0)
                r = annotate_words(&a->annotations, ANNOTATION_UNIT_AFTER, f->after);
        if (r >= 0)
                r = annotate_words(&a->annotations, ANNOTATION_UNIT_REQUIRES, f->requires);
        if (r >= 0)
                r = annotate(&a->annotations, ANNOTATION_UNIT_RESTART, f->restart);
        if (r >= 0)
                r = annotate(&a->annotations, ANNOTATION_UNIT_RESTART_SEC, f->restart_sec);

        return r;
}

static int annotate_stop_timeout(PodSpec *s, usec_t timeout) {
        if (timeout == STOP_TIMEOUT_DEFAULT)
                return 0;
        if (timeout == USEC_INFINITY)
                return annotate(&s->annotations, ANNOTATION_POD_STOP_TIMEOUT, "infinity");
        if (timeout % USEC_PER_SEC == 0)
                return strv_extendf(&s->annotations, "%s=%llus", ANNOTATION_POD_STOP_TIMEOUT,
                                    (unsigned long long) (timeout / USEC_PER_SEC));

        return strv_extendf(&s->annotations, "%s=%lluus", ANNOTATION_POD_STOP_TIMEOUT,
                            (unsigned long long) timeout);
}

static int fill(const PodFile *f, PodSpec *s) {
        int r = copy_strv(&s->volumes, f->volumes);
        if (r >= 0)
                r = copy_strv(&s->set_env, f->environment);
        if (r >= 0)
                r = copy_strv(&s->set_env_files, f->environment_files);
        if (r >= 0)
                r = annotate_stop_timeout(s, f->stop_timeout);
        for (size_t i = 0; i < f->n_apps && r >= 0; i++)
                r = add_app(s, &f->apps[i]);

        s->inherit_env = f->inherit_environment;
        s->no_overlay = !f->overlay;
        return r;
}

int pod_spec_from_podfile(const PodFile *f, PodSpec *ret, Diag *diag) {
        PodSpec s = {};

        int r = fill(f, &s);
        if (r < 0) {
                pod_spec_done(&s);
                return r;
        }

        *ret = s;
        return 0;
}
