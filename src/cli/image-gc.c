/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/fs-util.h"
#include "basic/log.h"
#include "basic/parse-util.h"
#include "cli/image-args.h"
#include "cli/pod-args.h"
#include "image/ready.h"
#include "image/remote.h"
#include "layout/pods.h"
#include "podfile/podfile.h"

#define IMAGE_GC_GRACE_PERIOD_DEFAULT "24h"

typedef struct Options {
        char *grace_period;
} Options;

static const Option rows[] = {
        { "grace-period", 0, OPTION_STRING, offsetof(Options, grace_period), "DURATION",
          "How long an image is kept since it was last used", "24h0m0s" },
        {},
};

static void removed_tree(const char *id, void *userdata) {
        log_info("removed treestore \"%s\"", id);
}

static void removed_image(const char *id, const char *name, void *userdata) {
        const Cli *c = userdata;

        (void) ready_forget_image(c->data_dir_fd, id);
        (void) remote_forget_image(c->data_dir_fd, id);
        log_info("successfully removed aci for image: \"%s\" (\"%s\")", id, name);
}

/* What declared pods were fetched for stays, and stage1 with it: their next start shall copy nothing. */
static int add_declared(Cli *c, char ***in_use) {
        _cleanup_strv_free_ char **names = NULL, **instances = NULL;
        size_t n_before = strv_length(*in_use);

        int r = podfile_list(paths_pod_file_dirs(), &names);
        if (r >= 0)
                r = dir_list_at(c->data_dir_fd, READY_DIR, &instances);
        STRV_FOREACH(instance, instances) {
                _cleanup_free_ char *template = NULL;

                if (r >= 0 && pod_name_instance(*instance))
                        r = pod_name_template(*instance, &template);
                if (r >= 0 && (strv_contains(names, *instance) ||
                               (template && strv_contains(names, template))))
                        r = ready_images(c->data_dir_fd, *instance, in_use);
        }
        if (r >= 0 && strv_length(*in_use) > n_before)
                r = ready_images(c->data_dir_fd, READY_STAGE1, in_use);

        return r == -ENOENT ? 0 : r;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        const ImageGcEvents events = {
                .removed_tree = removed_tree,
                .removed_image = removed_image,
                .userdata = c,
        };
        _cleanup_diag_ Diag diag = {};
        _cleanup_strv_free_ char **in_use = NULL;
        _cleanup_close_ int lock_fd = -EBADF;
        const char *period = o->grace_period ?: IMAGE_GC_GRACE_PERIOD_DEFAULT;
        size_t n_removed = 0;
        int64_t grace;

        if (parse_go_duration(period, &grace) < 0 || grace < 0)
                return cli_usage_error(c, "--grace-period: \"%s\" is no duration (30m, 24h0m0s)", period);
        if (geteuid() != 0)
                return cli_fail(&diag, -EACCES, "cannot collect garbage in the image store");

        int r = cli_open_store(c, /* create= */ false, &diag);
        if (r == -ENOENT)
                return EXIT_RKT_OK;
        /* No pod may begin to refer to a tree between the look and the removal. */
        if (r >= 0)
                r = pods_lock_trees(c->data_dir_fd, LOCK_EXCLUSIVE, &lock_fd);
        if (r >= 0)
                r = pods_trees_in_use(c->data_dir_fd, &in_use);
        if (r >= 0)
                r = add_declared(c, &in_use);
        if (r >= 0)
                r = image_store_gc(c->store, in_use, (usec_t) grace, &events, &n_removed, &diag);
        if (n_removed > 0)
                log_info("%zu image(s) successfully removed", n_removed);

        return r < 0 ? cli_fail(&diag, r, NULL) : EXIT_RKT_OK;
}

const Verb verb_image_gc = {
        .name = "image gc",
        .usage = "[OPTIONS]",
        .summary = "Garbage collect local store",
        .description =
                "Removes images that were not used for the grace period and that no pod refers to, and what\n"
                "broken-off fetches left behind.",
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
