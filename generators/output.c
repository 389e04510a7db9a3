/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/fs-util.h"
#include "generators/output.h"

/* systemd empties the generator directories before each run, and runs all generators at once. So a file that
 * is there already is another generator's, or that of a second run of ours; only the latter is replaced. */

#define DROPIN_NAME "50-pod.conf"
#define DROPIN_MAX (16U * 1024 * 1024)

static int replace(int dir_fd, const char *path, const char *mark, const char *text) {
        _cleanup_free_ char *old = NULL;
        size_t size;
        int r;

        r = file_read_at(dir_fd, path, DROPIN_MAX, &old, &size);
        if (r < 0)
                return r;
        if (!startswith(old, mark))
                return -EEXIST;
        return file_write_at(dir_fd, path, text, strlen(text), 0644, 0);
}

int output_dropin(int dir_fd, const char *unit, const char *mark, const char *text, Diag *diag) {
        _cleanup_free_ char *dir = NULL, *path = NULL;
        int r;

        dir = strjoin(unit, ".d", NULL);
        path = dir ? strjoin(dir, "/" DROPIN_NAME, NULL) : NULL;
        if (!path)
                return -ENOMEM;

        if (mkdirat(dir_fd, dir, 0755) < 0 && errno != EEXIST)
                return diag_errno(diag, -errno, "cannot make the directory \"%s\"", dir);

        r = file_write_at(dir_fd, path, text, strlen(text), 0644, WRITE_NEW);
        if (r == -EEXIST)
                r = replace(dir_fd, path, mark, text);
        return r < 0 ? diag_errno(diag, r, "cannot write \"%s\"", path) : 0;
}
