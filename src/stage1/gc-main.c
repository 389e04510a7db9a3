/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/log.h"
#include "basic/process-util.h"
#include "layout/exit-code.h"
#include "layout/pods.h"
#include "layout/stage1.h"
#include "stage1/leftovers.h"

/* Entrypoint "gc": executed by stage0 in the directory of an exited pod, on the host. Pods with the host's
 * network or none leave one thing outside of their directory: the link that systemd-nspawn made to their
 * journal. All else went with the pod's processes, unless systemd-nspawn was killed: then they go now.
 * Whatever is missing already is no error: gc may run twice. */

#define HOST_JOURNAL_DIR "/var/log/journal"

/* Only a link into this pod is taken away: its target ends in UUID/…/JOURNAL_DIR/ID. */
static int remove_journal_link(const char *uuid, Diag *diag) {
        _cleanup_free_ char *id = strdup(uuid), *link = NULL, *end = NULL, *target = NULL;
        char *to = id;
        ssize_t n;

        if (!id)
                return -ENOMEM;
        for (const char *c = uuid; *c; c++)
                if (*c != '-')
                        *to++ = *c;
        *to = 0;

        link = strjoin(HOST_JOURNAL_DIR "/", id, NULL);
        end = strjoin("/", uuid, "/stage1/rootfs/" STAGE1_JOURNAL_DIR "/", id, NULL);
        target = calloc(1, PATH_MAX);
        if (!link || !end || !target)
                return -ENOMEM;
        n = readlink(link, target, PATH_MAX - 1);
        if (n < 0 || !endswith(target, end))
                return 0;
        if (unlink(link) < 0 && errno != ENOENT)
                return diag_errno(diag, -errno, "cannot remove \"%s\"", link);
        return 0;
}

/* A declared pod's machine belongs to its unit, and its name to the pod that runs there now. */
static int end_machine(int pod_fd, const char *uuid, Diag *diag) {
        _cleanup_free_ char *name = strjoin("rkt-", uuid, NULL);

        if (!name)
                return -ENOMEM;

        return path_exists_at(pod_fd, POD_MACHINE_FILE) > 0 ? 0 : leftovers_end_machine(name, diag);
}

static int gc(int argc, char **argv, Diag *diag) {
        _cleanup_(stage1_uuid_args_done) Stage1UuidArgs args = {};
        _cleanup_close_ int pod_fd = -EBADF;
        size_t killed;
        int r;

        r = stage1_uuid_args_parse(argc, argv, &args, diag);
        if (r < 0)
                return r;
        log_setup("gc", args.debug);

        pod_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (pod_fd < 0)
                return diag_errno(diag, -errno, "cannot open the pod's directory");
        r = leftovers_kill(pod_fd, &killed, diag);
        if (r < 0)
                return r;
        if (killed > 0)
                log_warning("killed what still ran of pod \"%s\", whose systemd-nspawn was killed",
                            args.uuid);

        r = end_machine(pod_fd, args.uuid, diag);
        if (r < 0)
                return r;

        return remove_journal_link(args.uuid, diag);
}

int main(int argc, char **argv) {
        _cleanup_diag_ Diag diag = {};
        int r;

        process_init();
        log_setup("gc", false);
        r = gc(argc, argv, &diag);
        if (r < 0)
                log_diag(&diag, r);
        return r < 0 ? EXIT_RKT_FAILURE : EXIT_RKT_OK;
}
