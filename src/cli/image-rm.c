/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "cli/image-args.h"
#include "image/ready.h"
#include "image/remote.h"

/* All arguments are resolved before anything is removed, so that an image named twice counts once. An
 * argument that names nothing is reported and does not stop the others. */

static int resolve_all(Cli *c, char **args, char ***ret_ids, size_t *ret_failed) {
        _cleanup_strv_free_ char **ids = NULL;
        size_t failed = 0;

        STRV_FOREACH(arg, args) {
                _cleanup_diag_ Diag diag = {};
                _cleanup_free_ char *id = NULL;

                int r = image_args_resolve(c, *arg, &id, &diag);
                if (r < 0) {
                        log_diag(&diag, r);
                        failed++;
                } else if (!strv_contains(ids, id)) {
                        r = strv_consume(&ids, TAKE_PTR(id));
                        if (r < 0)
                                return r;
                }
        }

        *ret_ids = TAKE_PTR(ids);
        *ret_failed = failed;
        return 0;
}

static int remove_one(Cli *c, const char *id, Diag *diag) {
        _cleanup_(image_info_done) ImageInfo info = {};

        int r = image_store_get(c->store, id, &info, diag);
        if (r >= 0)
                r = image_store_remove(c->store, id, diag);
        if (r < 0)
                return r;

        (void) ready_forget_image(c->data_dir_fd, id);
        (void) remote_forget_image(c->data_dir_fd, id);
        printf("successfully removed aci for image: \"%s\" (\"%s\")\n", id, info.name);
        return 0;
}

static int run(Cli *c, void *options, char **args) {
        _cleanup_strv_free_ char **ids = NULL;
        size_t n_removed = 0, n_failed = 0;

        int r = resolve_all(c, args, &ids, &n_failed);
        if (r < 0)
                return cli_fail(NULL, r, "cannot look up images");

        STRV_FOREACH(id, ids) {
                _cleanup_diag_ Diag diag = {};

                r = remove_one(c, *id, &diag);
                if (r < 0) {
                        log_diag(&diag, r);
                        n_failed++;
                        continue;
                }
                n_removed++;
        }

        if (n_removed > 0)
                log_info("%zu image(s) successfully removed", n_removed);
        if (n_failed > 0)
                log_error("%zu image(s) cannot be removed", n_failed);

        return n_failed > 0 ? EXIT_RKT_FAILURE : EXIT_RKT_OK;
}

const Verb verb_image_rm = {
        .name = "image rm",
        .usage = "IMAGE…",
        .summary = "Remove one or more images with the given IDs or image names from the local store",
        .description =
                "Pods that were prepared or are running go on: what they use is kept until they are gone.",
        .min_args = 1,
        .max_args = VERB_ARGS_ANY,
        .run = run,
};
