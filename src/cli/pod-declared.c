/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/pod-declared.h"
#include "image/ready.h"

void declared_pod_done(DeclaredPod *d) {
        d->file = podfile_free(d->file);
        pod_spec_done(&d->spec);
        d->refs = strv_free(d->refs);
}

static int take_insecure_options(Cli *c, const PodFile *f, Diag *diag) {
        InsecureFlags flags;

        int r = insecure_flags_parse(f->insecure_options, &flags, diag);
        if (r < 0)
                return r;

        c->insecure |= flags;
        return 0;
}

int declared_pod_load(Cli *c, const char *name, DeclaredPod *ret, Diag *diag) {
        _cleanup_(declared_pod_done) DeclaredPod d = {};

        int r = podfile_load(paths_pod_file_dirs(), name, &d.file, /* findings= */ NULL, diag);
        if (r < 0)
                return r;

        r = take_insecure_options(c, d.file, diag);
        if (r >= 0)
                r = pod_spec_from_podfile(d.file, &d.spec, diag);
        for (size_t i = 0; r >= 0 && i < d.spec.n_apps; i++)
                r = strv_extend(&d.refs, d.spec.apps[i].image);
        if (r >= 0)
                r = cli_open_store(c, /* create= */ true, diag);
        if (r >= 0)
                r = pods_init(c->data_dir_fd, diag);
        if (r < 0)
                return r;

        *ret = TAKE_GENERIC(d, DeclaredPod, (DeclaredPod) {});
        return 0;
}

int declared_pod_fetch(Cli *c, const DeclaredPod *d, char ***ret_ids, Diag *diag) {
        _cleanup_strv_free_ char **ids = NULL;
        const usec_t since = now_usec(CLOCK_REALTIME);

        for (size_t i = 0; i < d->spec.n_apps; i++) {
                _cleanup_free_ char *id = NULL;

                int r = pod_args_fetch_app(c, &d->spec.apps[i], PULL_NEW, &id, diag);
                if (r < 0)
                        return diag_is_set(diag) ? diag_wrap(diag, r, "cannot fetch \"%s\" for pod \"%s\"",
                                                             d->spec.apps[i].image, d->file->name)
                                                 : r;
                r = strv_consume(&ids, TAKE_PTR(id));
                if (r < 0)
                        return r;
        }

        int r = ready_save(c->data_dir_fd, d->file->name, d->refs, ids, since);
        if (r < 0)
                return diag_errno(diag, r, "cannot note that the images of pod \"%s\" are ready",
                                  d->file->name);

        if (ret_ids)
                *ret_ids = TAKE_PTR(ids);
        return 0;
}
