/* SPDX-License-Identifier: Apache-2.0 */

#include "pod/spec.h"

static void app_spec_done(AppSpec *a) {
        free(a->image);
        free(a->signature);
        free(a->name);
        free(a->exec);
        strv_free(a->exec_words);
        strv_free(a->args);
        free(a->working_dir);
        free(a->user);
        free(a->group);
        strv_free(a->environment);
        strv_free(a->environment_files);
        strv_free(a->mounts);
        strv_free(a->read_only_mounts);
        free(a->memory);
        free(a->cpu);
        strv_free(a->annotations);
}

void pod_spec_done(PodSpec *s) {
        for (size_t i = 0; i < s->n_apps; i++)
                app_spec_done(&s->apps[i]);
        free(s->apps);
        strv_free(s->volumes);
        strv_free(s->mounts);
        strv_free(s->set_env);
        strv_free(s->set_env_files);
        free(s->pod_manifest);
        strv_free(s->annotations);
        free(s->stage1);
        *s = (PodSpec) {};
}

AppSpec *pod_spec_add_app(PodSpec *s) {
        AppSpec *apps = reallocarray(s->apps, s->n_apps + 1, sizeof(*apps));

        if (!apps)
                return NULL;

        s->apps = apps;
        apps[s->n_apps] = (AppSpec) { .read_only_rootfs = -1 };
        return &apps[s->n_apps++];
}
