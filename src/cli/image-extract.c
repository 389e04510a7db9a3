/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/image-args.h"

static int run(Cli *c, void *options, char **args) {
        return image_args_extract(c, options, args);
}

const Verb verb_image_extract = {
        .name = "image extract",
        .usage = "[OPTIONS] IMAGE OUTPUT_DIR",
        .summary = "Extract a stored image to a directory",
        .description =
                "IMAGE is an image ID or name. Nothing is mounted: the directory can simply be removed.",
        .min_args = 2,
        .max_args = 2,
        .options_size = sizeof(ExtractOptions),
        .options = image_extract_rows,
        .run = run,
};
