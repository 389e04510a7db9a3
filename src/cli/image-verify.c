/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/log.h"
#include "cli/image-args.h"
#include "image/import.h"

static int verify_one(Cli *c, const char *image, Diag *diag) {
        _cleanup_free_ char *id = NULL;
        _cleanup_diag_ Diag reason = {};

        int r = image_args_resolve(c, image, &id, diag);
        if (r < 0)
                return diag_wrap(diag, r, "unable to resolve store key for image %s", image);

        if (image_store_tree_is_rendered(c->store, id) == 0) {
                printf("image \"%s\" not rendered; no verification needed\n", image);
                return 0;
        }

        r = image_verify_tree(c->store, id, &reason);
        if (r < 0)
                return diag_set(diag, r, "cannot verify image %s: %s", image, strempty(reason.message));
        if (r > 0) {
                printf("successfully verified checksum for image: \"%s\" (\"%s\")\n", image, id);
                return 0;
        }

        printf("tree cache verification failed for image %s: %s;  rebuilding...\n", image,
               strempty(reason.message));
        r = image_render_tree(c->store, id, diag);
        return r < 0 ? diag_wrap(diag, r, "unable to repair cache for image %s", image) : 0;
}

static int run(Cli *c, void *options, char **args) {
        STRV_FOREACH(image, args) {
                _cleanup_diag_ Diag diag = {};

                int r = verify_one(c, *image, &diag);
                if (r < 0)
                        return cli_fail(&diag, r, NULL);
        }

        return EXIT_RKT_OK;
}

const Verb verb_image_verify = {
        .name = "image verify",
        .usage = "IMAGE…",
        .summary = "Verify one or more rendered images in the local store",
        .description = "Compares the files on disk with the checksum taken when the image was rendered, and\n"
                       "renders an image anew that differs.",
        .min_args = 1,
        .max_args = VERB_ARGS_ANY,
        .run = run,
};
