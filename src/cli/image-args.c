/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "cli/image-args.h"
#include "image/import.h"

int image_args_resolve(Cli *c, const char *name_or_id, char **ret_id, Diag *diag) {
        int r = cli_open_store(c, /* create= */ false, diag);
        if (r == -ENOENT)
                return diag_set(diag, r, "no image IDs found for \"%s\": the store is empty", name_or_id);

        return r < 0 ? r : image_store_resolve(c->store, name_or_id, ret_id, diag);
}

int image_args_output_dir(const char *path, bool overwrite, char **ret, Diag *diag) {
        _cleanup_free_ char *absolute = NULL;

        int r = path_make_absolute_cwd(path, &absolute);
        if (r < 0)
                return diag_errno(diag, r, "cannot make \"%s\" an absolute path", path);
        path_simplify(absolute);
        if (streq(absolute, "/"))
                return diag_set(diag, -EINVAL, "this would delete your root filesystem, refusing");

        r = path_exists_at(AT_FDCWD, absolute);
        if (r > 0 && !overwrite)
                return diag_set(diag, -EEXIST, "output directory \"%s\" exists (try --overwrite)", path);
        if (r > 0)
                r = rm_rf_at(AT_FDCWD, absolute);
        if (r < 0)
                return diag_errno(diag, r, "cannot remove the existing \"%s\"", path);

        *ret = TAKE_PTR(absolute);
        return 0;
}

const Option image_extract_rows[] = {
        { "overwrite", 0, OPTION_BOOLEAN, offsetof(ExtractOptions, overwrite), NULL,
          "Replace the output directory if it exists", "false" },
        { "rootfs-only", 0, OPTION_BOOLEAN, offsetof(ExtractOptions, rootfs_only), NULL,
          "Write the root file system only, without the manifest", "false" },
        {},
};

int image_args_extract(Cli *c, const ExtractOptions *o, char *const *args) {
        _cleanup_diag_ Diag diag = {};
        _cleanup_free_ char *id = NULL, *dest = NULL;

        int r = image_args_resolve(c, args[0], &id, &diag);
        if (r >= 0)
                r = image_args_output_dir(args[1], o->overwrite, &dest, &diag);
        if (r >= 0)
                r = image_extract(c->store, id, dest, o->rootfs_only, &diag);

        return r < 0 ? cli_fail(&diag, r, NULL) : EXIT_RKT_OK;
}
