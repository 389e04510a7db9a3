/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/image-args.h"

static int run(Cli *c, void *options, char **args) {
        return image_args_extract(c, options, args);
}

const Verb verb_image_render = {
        .name = "image render",
        .usage = "[OPTIONS] IMAGE OUTPUT_DIR",
        .summary = "Render a stored image to a directory with all its dependencies",
        .description = "As \"rkt image extract\", with the dependencies of the image below it, as an app "
                       "would see it.",
        .min_args = 2,
        .max_args = 2,
        .options_size = sizeof(ExtractOptions),
        .options = image_extract_rows,
        .run = run,
};
