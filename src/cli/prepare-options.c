/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/prepare-options.h"

int prepare_options_check(const PrepareOptions *o, Diag *diag) {
        const PodSpec *s = &o->spec;
        PullPolicy policy;

        int r = pod_args_pull_policy(o->pull_policy, PULL_NEW, o->store_only, o->no_store, &policy, diag);
        if (r < 0)
                return r;

        if (s->pod_manifest && (s->n_apps > 0 || s->volumes || s->mounts || s->set_env || s->set_env_files ||
                                s->inherit_env || policy != PULL_NEW))
                return diag_set(diag, -EINVAL, "conflicting flags set with --pod-manifest (see --help)");
        if (!s->pod_manifest && s->n_apps == 0)
                return diag_set(diag, -EINVAL, "must provide at least one image or specify the pod manifest");

        return 0;
}

int prepare_options_prepare(Cli *c, const PrepareOptions *o, Pod **ret, Diag *diag) {
        PullPolicy policy;

        int r = pod_args_pull_policy(o->pull_policy, PULL_NEW, o->store_only, o->no_store, &policy, diag);
        if (r < 0)
                return r;
        r = cli_open_store(c, /* create= */ true, diag);
        if (r < 0)
                return r;
        r = pods_init(c->data_dir_fd, diag);
        if (r < 0)
                return r;

        const FetchArgs fetch = pod_args_fetch(c, policy);
        const PodContext context = pod_context(c);

        return pod_prepare(&context, &(PrepareArgs) { .spec = &o->spec, .fetch = &fetch }, ret, diag);
}
