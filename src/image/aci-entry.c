/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>

#include "image/aci-entry.h"

#define ACI_ROOTFS_NAME "rootfs"
#define ACI_MANIFEST_NAME "manifest"
#define ID_MAX 0xfffffffeLL /* (uid_t) -1 means "none" to the kernel */
#define XATTR_VALUE_MAX (64U * 1024)
#define XATTR_NAME_BYTES_MAX 255U

void aci_entry_done(AciEntry *e) {
        if (!e)
                return;

        free(e->path);
        free(e->link);
        *e = (AciEntry) {};
}

static int bad(Diag *diag, const char *path, const char *why) {
        _cleanup_free_ char *escaped = string_escape(path);

        return escaped ? diag_set(diag, -EBADMSG, "entry \"%s\" %s", escaped, why) : -ENOMEM;
}

/* Appends one component; "." is nothing. */
static int add_component(StringBuf *b, const char *s, size_t n) {
        int r;

        if (n == 0 || (n == 1 && s[0] == '.'))
                return 0;
        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        if (n == 2 && s[0] == '.' && s[1] == '.')
                return -EXDEV;

        if (b->size > 0) {
                r = string_buf_append(b, "/");
                if (r < 0)
                        return r;
        }

        return string_buf_append_n(b, s, n);
}

/* "./a//b/" → "a/b". Absolute, empty and climbing names are refused, not cut: an archive that has them was
 * not made for us. */
static int normalize(const char *path, char **ret, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf b = {};
        int r = 0;

        if (!*path)
                return bad(diag, path, "has no name");
        if (*path == '/')
                return bad(diag, path, "has an absolute name");
        if (strlen(path) >= PATH_MAX)
                return bad(diag, "…", "has a name that is too long");

        for (const char *p = path; *p && r >= 0; p += *p == '/') {
                size_t n = strcspn(p, "/");

                r = add_component(&b, p, n);
                p += n;
        }

        if (r == -EXDEV)
                return bad(diag, path, "has \"..\" in its name");
        if (r == -ENAMETOOLONG)
                return bad(diag, path, "has a name that is too long");
        if (r < 0)
                return r;

        *ret = string_buf_take(&b);
        return *ret ? 0 : -ENOMEM;
}

/* The part below rootfs, or NULL. */
static const char *below_rootfs(const char *path) {
        const char *rest = startswith(path, ACI_ROOTFS_NAME);

        if (!rest || (*rest && *rest != '/'))
                return NULL;

        return *rest ? rest + 1 : rest;
}

static int check_part(const TarEntry *t, const char *path, AciEntry *ret, Diag *diag) {
        const char *below = below_rootfs(path);

        if (isempty(path)) {
                ret->part = ACI_TOP;
                return t->type == TAR_DIRECTORY ? 0 : bad(diag, t->path, "is no directory");
        }

        if (streq(path, ACI_MANIFEST_NAME)) {
                ret->part = ACI_MANIFEST;
                return t->type == TAR_REGULAR ? 0 : bad(diag, t->path, "is no regular file");
        }

        if (!below)
                return bad(diag, t->path, "is neither the manifest nor in \"" ACI_ROOTFS_NAME "\"");
        if (isempty(below) && t->type != TAR_DIRECTORY)
                return bad(diag, t->path, "is no directory");

        ret->part = ACI_ROOTFS;
        ret->path = strdup(below);
        return ret->path ? 0 : -ENOMEM;
}

static int check_link(const TarEntry *t, AciEntry *ret, Diag *diag) {
        _cleanup_free_ char *target = NULL;
        const char *below;
        int r;

        if (t->type == TAR_SYMLINK) {
                if (isempty(t->link) || strlen(t->link) >= PATH_MAX)
                        return bad(diag, t->path, "is a symlink whose target is empty or too long");
                return 0;
        }
        if (t->type != TAR_HARDLINK)
                return 0;

        r = normalize(t->link, &target, diag);
        if (r < 0)
                return diag_wrap(diag, r, "a hard link has a bad target");

        below = below_rootfs(target);
        if (isempty(below))
                return bad(diag, t->path, "is a hard link to something not in \"" ACI_ROOTFS_NAME "\"");

        ret->link = strdup(below);
        return ret->link ? 0 : -ENOMEM;
}

/* Before anything is narrowed: 2^32 would be root, and (uid_t) -1 leaves the owner as it is, root again. */
static int check_numbers(const TarEntry *t, Diag *diag) {
        if (t->uid < 0 || t->uid > ID_MAX)
                return bad(diag, t->path, "has a user id out of range");
        if (t->gid < 0 || t->gid > ID_MAX)
                return bad(diag, t->path, "has a group id out of range");
        if (t->size < 0)
                return bad(diag, t->path, "has a negative size");
        if (t->mtime.tv_nsec < 0 || t->mtime.tv_nsec > 999999999)
                return bad(diag, t->path, "has a bad time");
        if (t->type == TAR_OTHER)
                return bad(diag, t->path, "is of an unknown kind");

        return 0;
}

int aci_entry_check(const TarEntry *t, AciEntry *ret, Diag *diag) {
        _cleanup_(aci_entry_done) AciEntry e = {};
        _cleanup_free_ char *path = NULL;
        int r;

        r = normalize(t->path, &path, diag);
        if (r < 0)
                return r;

        r = check_numbers(t, diag);
        if (r < 0)
                return r;

        r = check_part(t, path, &e, diag);
        if (r < 0)
                return r;

        r = check_link(t, &e, diag);
        if (r < 0)
                return r;

        *ret = e;
        e = (AciEntry) {};
        return 0;
}

static int check_capability(const TarXattr *x, Diag *diag) {
        uint32_t magic;

        if (x->size >= sizeof(magic)) {
                memcpy(&magic, x->value, sizeof(magic));
                magic = le32toh(magic) & VFS_CAP_REVISION_MASK;

                if ((magic == VFS_CAP_REVISION_2 && x->size == XATTR_CAPS_SZ_2) ||
                    (magic == VFS_CAP_REVISION_3 && x->size == XATTR_CAPS_SZ_3))
                        return 0;
        }

        return diag_set(diag, -EBADMSG, "a \"security.capability\" attribute is malformed");
}

/* As an overlay's lower layer, a tree with overlay's own attributes would be read as one. */
static bool is_user_xattr(const char *name) {
        return startswith(name, "user.") && !startswith(name, "user.overlay.") &&
                !streq(name, "user.overlay");
}

int aci_xattr_check(const TarXattr *x, XattrVerdict *ret, Diag *diag) {
        if (isempty(x->name) || strlen(x->name) > XATTR_NAME_BYTES_MAX || x->size > XATTR_VALUE_MAX)
                return diag_set(diag, -EBADMSG, "an extended attribute has a bad name or is too large");

        *ret = XATTR_KEEP;
        if (streq(x->name, "security.capability"))
                return check_capability(x, diag);

        /* The kernel itself is strict about the form of an ACL. */
        if (!is_user_xattr(x->name) && !streq(x->name, "system.posix_acl_access") &&
            !streq(x->name, "system.posix_acl_default"))
                *ret = XATTR_DROP;

        return 0;
}
