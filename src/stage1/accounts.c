/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "stage1/accounts.h"

/* An image's account files are as hostile as its other contents: huge, a link out of the root, a fifo,
 * lines with ids out of range or with half of their fields. They are opened in the image's root, must be
 * regular and small, and a line that is not whole is no line. */

typedef struct AccountKind {
        const char *what;    /* for messages */
        const char *file;
        size_t n_fields;
} AccountKind;

static const AccountKind user_kind = { "user", "etc/passwd", 7 };
static const AccountKind group_kind = { "group", "etc/group", 4 };

enum {
        FIELD_NAME,
        FIELD_PASSWORD,
        FIELD_ID,
        FIELD_HOME = 5,
        FIELD_SHELL = 6,
};

void account_done(Account *a) {
        free(a->name);
        free(a->home);
        free(a->shell);
        *a = (Account) {};
}

/* An absent file is an empty one. */
static int read_file(int rootfs_fd, const AccountKind *kind, char **ret, Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r;

        fd = open_in_root(rootfs_fd, kind->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
        if (fd == -ENOENT) {
                *ret = strdup("");
                return *ret ? 0 : -ENOMEM;
        }
        if (fd < 0)
                return diag_errno(diag, fd, "cannot open /%s of the image", kind->file);
        r = fd_is_regular(fd);
        if (r < 0)
                return diag_set(diag, -EBADMSG, "/%s of the image is not a regular file", kind->file);
        r = fd_read_all(fd, ACCOUNT_FILE_MAX, ret, &size);
        if (r == -EFBIG)
                return diag_set(diag, r, "/%s of the image is larger than %u bytes", kind->file,
                                ACCOUNT_FILE_MAX);
        if (r < 0)
                return diag_errno(diag, r, "cannot read /%s of the image", kind->file);
        if (memchr(*ret, 0, size)) {
                free(*ret);
                *ret = NULL;
                return diag_set(diag, -EBADMSG, "/%s of the image has a NUL byte", kind->file);
        }
        return 0;
}

int account_line_find(const char *text, size_t n_fields, const char *name, uint32_t id, char ***ret) {
        for (const char *line = text; *line;) {
                _cleanup_strv_free_ char **fields = NULL;
                _cleanup_free_ char *copy = NULL;
                size_t n = strcspn(line, "\n");
                uid_t line_id;
                int r;

                copy = strndup(line, n);
                if (!copy)
                        return -ENOMEM;
                line += n + (line[n] == '\n');

                r = strv_split(copy, ":", &fields);
                if (r < 0)
                        return r;
                if (strv_length(fields) != n_fields || parse_uid(fields[FIELD_ID], &line_id) < 0)
                        continue;
                if (name ? streq(fields[FIELD_NAME], name) : line_id == id) {
                        *ret = TAKE_PTR(fields);
                        return 0;
                }
        }
        *ret = NULL;
        return 0;
}

static int owner_of_path(int rootfs_fd, const AccountKind *kind, const char *path, uid_t *ret, Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = open_in_root(rootfs_fd, path, O_PATH | O_CLOEXEC, 0);
        if (fd < 0) {
                _cleanup_free_ char *escaped = string_escape(path);
                return diag_errno(diag, fd, "cannot take the %s from \"%s\"", kind->what, strempty(escaped));
        }
        if (fstat(fd, &st) < 0)
                return -errno;
        *ret = kind == &user_kind ? st.st_uid : st.st_gid;
        return 0;
}

static int resolve_id(int rootfs_fd, const AccountKind *kind, const char *spec, uid_t *ret, Diag *diag) {
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        _cleanup_strv_free_ char **fields = NULL;
        int r;

        if (streq(spec, "root")) {
                *ret = 0;
                return 0;
        }
        if (parse_uid(spec, ret) >= 0)
                return 0;
        if (path_is_absolute(spec))
                return owner_of_path(rootfs_fd, kind, spec, ret, diag);

        r = read_file(rootfs_fd, kind, &text, diag);
        if (r >= 0)
                r = account_line_find(text, kind->n_fields, spec, /* id= */ 0, &fields);
        if (r < 0)
                return r;
        if (!fields) {
                escaped = string_escape(spec);
                return diag_set(diag, -ESRCH, "\"%s\" %s not found", strempty(escaped), kind->what);
        }
        return parse_uid(fields[FIELD_ID], ret);
}

static int copy_path(const char *value, const char *otherwise, char **ret) {
        bool usable = value && path_is_absolute(value) && utf8_is_valid(value, strlen(value));

        *ret = strdup(usable ? value : otherwise);
        return *ret ? 0 : -ENOMEM;
}

/* Name, home and shell are for the environment only: an unreadable file gives the defaults. */
static int describe(int rootfs_fd, Account *a) {
        _cleanup_free_ char *text = NULL;
        _cleanup_strv_free_ char **fields = NULL;
        const char *name = NULL;
        int r;

        r = read_file(rootfs_fd, &user_kind, &text, /* diag= */ NULL);
        if (r >= 0)
                r = account_line_find(text, user_kind.n_fields, /* name= */ NULL, a->uid, &fields);
        if (r == -ENOMEM)
                return r;

        if (fields && *fields[FIELD_NAME] && utf8_is_valid(fields[FIELD_NAME], strlen(fields[FIELD_NAME])))
                name = fields[FIELD_NAME];
        else if (a->uid == 0)
                name = "root";
        a->name = name ? strdup(name) : xasprintf("%u", a->uid);
        if (!a->name)
                return -ENOMEM;
        r = copy_path(fields ? fields[FIELD_HOME] : NULL, a->uid == 0 ? "/root" : "/", &a->home);
        if (r < 0)
                return r;
        return copy_path(fields ? fields[FIELD_SHELL] : NULL, "/bin/sh", &a->shell);
}

int account_resolve(int rootfs_fd, const char *user, const char *group, Account *ret, Diag *diag) {
        _cleanup_(account_done) Account a = {};
        int r;

        r = resolve_id(rootfs_fd, &user_kind, user, &a.uid, diag);
        if (r >= 0)
                r = resolve_id(rootfs_fd, &group_kind, group, &a.gid, diag);
        if (r >= 0)
                r = describe(rootfs_fd, &a);
        if (r < 0)
                return r;

        *ret = a;
        a = (Account) {};
        return 0;
}
