/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "cli/image-args.h"
#include "image/import.h"

typedef struct Options {
        bool overwrite;
} Options;

static const Option rows[] = {
        { "overwrite", 0, OPTION_BOOLEAN, offsetof(Options, overwrite), NULL,
          "Replace the output if it exists", "false" },
        {},
};

/* Written beside the target and put in place whole: no half archive is ever seen under its name. */
static int export_to(Cli *c, const char *id, const char *path, bool overwrite, Diag *diag) {
        _cleanup_free_ char *temporary = xasprintf("%s.rkt-%d", path, (int) getpid());
        _cleanup_close_ int fd = -EBADF;

        if (!temporary)
                return -ENOMEM;
        if (!overwrite && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                return diag_set(diag, -EEXIST, "output ACI file \"%s\" exists (try --overwrite)", path);

        fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0)
                return diag_errno(diag, -errno, "unable to open output ACI file \"%s\"", path);

        int r = image_export(c->store, id, fd, diag);
        if (r >= 0 && renameat(AT_FDCWD, temporary, AT_FDCWD, path) < 0)
                r = diag_errno(diag, -errno, "cannot put the output in place as \"%s\"", path);
        if (r < 0)
                (void) unlink(temporary);

        return r;
}

static int run(Cli *c, void *options, char **args) {
        const Options *o = options;
        _cleanup_diag_ Diag diag = {};
        _cleanup_free_ char *id = NULL;

        int r = image_args_resolve(c, args[0], &id, &diag);
        if (r >= 0)
                r = export_to(c, id, args[1], o->overwrite, &diag);

        return r < 0 ? cli_fail(&diag, r, NULL) : EXIT_RKT_OK;
}

const Verb verb_image_export = {
        .name = "image export",
        .usage = "[OPTIONS] IMAGE OUTPUT_ACI_FILE",
        .summary = "Export a stored image to an ACI file",
        .description = "IMAGE is an image ID or name. The output is always uncompressed.",
        .min_args = 2,
        .max_args = 2,
        .options_size = sizeof(Options),
        .options = rows,
        .run = run,
};
