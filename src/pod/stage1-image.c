/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fd-util.h"
#include "basic/path-util.h"
#include "image/ready.h"
#include "pod/stage1-image.h"

/* Which stage1 image a pod is made with. An image that lies where the installation put it, and that only
 * root could have put there, needs no signature: who can change it can change rkt. Whatever else is named
 * is fetched like an app's image. */

/* In ready/; no name of a pod file begins with a dot. */

/* 1: path is in the directory of installed images, a file of root's that nobody else may write; 0: it is
 * not. */
static int is_installed(const char *path) {
        const char *image = paths_stage1_image();
        _cleanup_free_ char *dir = strndup(image, (size_t) (path_basename(image) - image));
        struct stat st;

        if (!dir)
                return -ENOMEM;
        path_simplify(dir);

        if (!path_is_normalized(path) || !path_is_under(path, dir))
                return 0;
        if (lstat(path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;

        return S_ISREG(st.st_mode) && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int fetch_stage1(const PodContext *c, const char *text, const FetchArgs *fetch, char **ret_id,
                        Diag *diag) {
        _cleanup_(image_ref_done) ImageRef ref = {};
        FetchArgs args = *fetch;

        int r = image_ref_parse(text, &ref, diag);
        if (r < 0)
                return r;

        if (ref.kind == IMAGE_REF_PATH) {
                r = is_installed(ref.location);
                if (r < 0)
                        return diag_errno(diag, r, "cannot look at \"%s\"", ref.location);
                if (r > 0) {
                        args.insecure |= INSECURE_IMAGE;
                        args.notify = NULL; /* of the warning that nobody asked for */
                }
        }
        args.no_check_platform = true;
        args.signature = NULL;

        r = image_fetch(c->store, &ref, &args, ret_id, diag);
        return r < 0 ? diag_wrap(diag, r, "cannot get stage1 image \"%s\"", text) : 0;
}

/* The file is not there: an image of its name and version may have been imported earlier. */
static int find_by_name(const PodContext *c, char **ret_id, Diag *diag) {
        _cleanup_(name_value_list_done) NameValueList labels = {};
        _cleanup_diag_ Diag d = {};

        int r = name_value_list_set(&labels, "version", RKT_VERSION);
        if (r < 0)
                return r;

        r = image_store_resolve_name(c->store, paths_stage1_name(), &labels, ret_id, &d);
        if (r >= 0)
                return 0;

        diag_set(diag, -ENOENT, "default stage1 image \"%s\" not found", paths_stage1_image());
        return diag_hint(diag, -ENOENT, "install it there, or name another one with --stage1-path");
}

static int resolve_default(const PodContext *c, const FetchArgs *fetch, char **ret_id, Diag *diag) {
        const char *path = paths_stage1_image();
        char *const refs[] = { (char *) path, NULL };
        _cleanup_strv_free_ char **ids = NULL;
        usec_t since = now_usec(CLOCK_REALTIME);

        /* The hot path of every start: one small file and one stat instead of an import. */
        if (ready_load(c->data_dir_fd, c->store, READY_STAGE1, refs, &ids) >= 0) {
                *ret_id = strdup(ids[0]);
                return *ret_id ? 0 : -ENOMEM;
        }

        if (access(path, F_OK) < 0)
                return find_by_name(c, ret_id, diag);

        int r = fetch_stage1(c, path, fetch, ret_id, diag);
        if (r < 0)
                return r;

        /* Only a shortcut: without it the next start imports again. */
        (void) ready_save(c->data_dir_fd, READY_STAGE1, refs, (char *const[]) { *ret_id, NULL }, since);
        return 0;
}

int stage1_image_resolve(const PodContext *c, const char *ref, const FetchArgs *fetch, char **ret_id,
                         Diag *diag) {
        return ref ? fetch_stage1(c, ref, fetch, ret_id, diag) : resolve_default(c, fetch, ret_id, diag);
}
