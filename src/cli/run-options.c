/* SPDX-License-Identifier: Apache-2.0 */

#include <limits.h>

#include "cli/run-options.h"

int run_options_check(const RunOptions *o, Diag *diag) {
        _cleanup_free_ char *net = NULL;

        /* nspawn refuses what is no host name, but only after all is mounted. */
        if (o->hostname &&
            (isempty(o->hostname) || strlen(o->hostname) > HOST_NAME_MAX ||
             strspn(o->hostname, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") !=
                     strlen(o->hostname)))
                return diag_set(diag, -EINVAL, "--hostname: \"%s\" is no host name", o->hostname);

        return pod_args_net(o->nets, &net, diag);
}

int run_options_run(Cli *c, const RunOptions *o, Pod *p, Diag *diag) {
        _cleanup_free_ char *net = NULL;
        const PodContext context = pod_context(c);

        int r = pod_args_net(o->nets, &net, diag);
        if (r < 0)
                return r;

        const RunArgs args = {
                .stage1 = {
                        .debug = c->global.debug,
                        .interactive = o->interactive,
                        .net = net,
                        .local_config = c->global.paths.local_config,
                        .hostname = o->hostname,
                        .disable_capabilities_restriction = c->insecure & INSECURE_CAPABILITIES,
                        .disable_paths = c->insecure & INSECURE_PATHS,
                        .disable_seccomp = c->insecure & INSECURE_SECCOMP,
                },
                .machine_fd = -EBADF,
        };

        return pod_run(&context, p, &args, diag);
}
