/* SPDX-License-Identifier: Apache-2.0 */

#include "podfile/podfile.h"

static void podfile_app_done(PodFileApp *a) {
        free(a->name);
        free(a->image);
        free(a->signature);
        strv_free(a->exec);
        strv_free(a->args);
        free(a->working_directory);
        strv_free(a->environment);
        strv_free(a->environment_files);
        strv_free(a->mounts);
        strv_free(a->read_only_mounts);
        strv_free(a->after);
        strv_free(a->requires);
        free(a->restart);
        free(a->restart_sec);
        free(a->cpu);
        free(a->memory);
        free(a->file);
}

static void podfile_line_done(PodFileLine *l) {
        free(l->section);
        free(l->key);
        free(l->value);
        free(l->file);
}

PodFile *podfile_free(PodFile *p) {
        if (!p)
                return NULL;

        for (size_t i = 0; i < p->n_apps; i++)
                podfile_app_done(&p->apps[i]);
        free(p->apps);
        for (size_t i = 0; i < p->n_lines; i++)
                podfile_line_done(&p->lines[i]);
        free(p->lines);
        free(p->name);
        free(p->path);
        strv_free(p->dropins);
        free(p->machine_name);
        free(p->hostname);
        strv_free(p->nets);
        strv_free(p->volumes);
        strv_free(p->environment);
        strv_free(p->environment_files);
        strv_free(p->insecure_options);
        free(p);
        return NULL;
}
