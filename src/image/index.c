/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basic/parse-util.h"
#include "image/store-internal.h"

/* The index: one small file an image, KEY=VALUE lines and a last line "end". A file without it was cut
 * short by a power failure and counts as absent, so that no file needs a flush to be trustworthy. Its
 * mtime is the time the image was last used. The manifest stands beside it; its size is in the entry for
 * the same reason. */

#define INDEX_ENTRY_MAX (64U * 1024)
#define INDEX_END "end"
#define INDEX_MODE 0640
#define MANIFEST_SUFFIX ".manifest"

void index_entry_done(IndexEntry *e) {
        if (!e)
                return;

        image_info_done(&e->info);
        free(e->boot);
        *e = (IndexEntry) {};
}

/* A label's value may be any text, a line may not. */
static char *value_escape(const char *s) {
        _cleanup_(string_buf_done) StringBuf b = {};
        int r = 0;

        for (; *s && r >= 0; s++) {
                unsigned char c = (unsigned char) *s;

                if (c < 0x20 || c == 0x7f || c == '\\')
                        r = string_buf_printf(&b, "\\%02x", c);
                else
                        r = string_buf_append_n(&b, s, 1);
        }

        return r < 0 ? NULL : string_buf_take(&b);
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return -EBADMSG;
}

static int value_unescape(const char *s, char **ret) {
        _cleanup_free_ char *copy = NULL;
        char *out;

        copy = malloc(strlen(s) + 1);
        if (!copy)
                return -ENOMEM;

        for (out = copy; *s; s++) {
                if (*s != '\\') {
                        *out++ = *s;
                        continue;
                }

                int hi = hex_digit(s[1]), lo = hi < 0 ? hi : hex_digit(s[2]);
                if (lo < 0 || (hi == 0 && lo == 0))
                        return -EBADMSG;
                *out++ = (char) (hi << 4 | lo);
                s += 2;
        }

        *out = 0;
        free(*ret);
        *ret = TAKE_PTR(copy);
        return 0;
}

typedef struct IndexKey {
        const char *key;
        bool text; /* char *, else uint64_t */
        size_t offset;
} IndexKey;

static const IndexKey index_keys[] = {
        { "name",          true,  offsetof(IndexEntry, info.name)        },
        { "version",       true,  offsetof(IndexEntry, info.version)     },
        { "import-time",   false, offsetof(IndexEntry, info.import_time) },
        { "boot",          true,  offsetof(IndexEntry, boot)             },
        { "boot-time",     false, offsetof(IndexEntry, boot_time)        },
        { "blob-size",     false, offsetof(IndexEntry, info.blob_size)   },
        { "tree-size",     false, offsetof(IndexEntry, info.tree_size)   },
        { "manifest-size", false, offsetof(IndexEntry, manifest_size)    },
};

static int index_parse_value(const IndexKey *k, const char *value, IndexEntry *e) {
        void *target = (char *) e + k->offset;

        return k->text ? value_unescape(value, target) : parse_u64(value, target);
}

static int index_parse_line(char *line, IndexEntry *e) {
        char *value = strchr(line, '=');

        if (!value)
                return -EBADMSG;
        *value++ = 0;

        if (streq(line, "latest")) {
                e->info.latest = streq(value, "1");
                return 0;
        }

        for (size_t i = 0; i < ELEMENTSOF(index_keys); i++)
                if (streq(line, index_keys[i].key))
                        return index_parse_value(&index_keys[i], value, e);

        return 0; /* of a later version */
}

/* 0 with the end line seen, else -EBADMSG. */
static int index_parse(char *text, IndexEntry *e) {
        char *line = text, *end;
        int r;

        while ((end = strchr(line, '\n'))) {
                *end = 0;
                if (streq(line, INDEX_END))
                        return e->info.name ? 0 : -EBADMSG;

                r = index_parse_line(line, e);
                if (r < 0)
                        return r == -ENOMEM ? r : -EBADMSG;
                line = end + 1;
        }

        return -EBADMSG;
}

/* An entry is only ever replaced as a whole, so its size holds: the fewest calls for what lists do
 * thousands of times. */
static int index_read_text(ImageStore *s, const char *id, char **ret, struct stat *ret_stat) {
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        fd = openat(s->index_fd, id, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0 || fstat(fd, ret_stat) < 0)
                return -errno;
        if (!S_ISREG(ret_stat->st_mode) || ret_stat->st_size > (off_t) INDEX_ENTRY_MAX)
                return -EBADMSG;

        size = (size_t) ret_stat->st_size;
        text = malloc(size + 1);
        if (!text)
                return -ENOMEM;

        r = fd_read_exact(fd, text, size);
        if (r < 0)
                return r;
        if (memchr(text, 0, size))
                return -EBADMSG;

        text[size] = 0;
        *ret = TAKE_PTR(text);
        return 0;
}

int index_read(ImageStore *s, const char *id, IndexEntry *ret) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        _cleanup_free_ char *text = NULL;
        struct stat st;
        int r;

        if (!image_id_is_valid(id))
                return -EINVAL;

        r = index_read_text(s, id, &text, &st);
        if (r < 0)
                return r;

        r = index_parse(text, &e);
        if (r < 0)
                return r;

        e.info.last_used = timespec_to_usec(&st.st_mtim);
        e.info.id = strdup(id);
        if (!e.info.id)
                return -ENOMEM;

        *ret = e;
        e = (IndexEntry) {};
        return 0;
}

static int index_format(const IndexEntry *e, StringBuf *b) {
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(index_keys) && r >= 0; i++) {
                const IndexKey *k = &index_keys[i];
                const void *source = (const char *) e + k->offset;

                if (!k->text) {
                        r = string_buf_printf(b, "%s=%llu\n", k->key,
                                              (unsigned long long) *(const uint64_t *) source);
                        continue;
                }

                const char *value = *(char *const *) source;
                if (!value)
                        continue;

                _cleanup_free_ char *escaped = value_escape(value);
                r = escaped ? string_buf_printf(b, "%s=%s\n", k->key, escaped) : -ENOMEM;
        }

        if (r < 0)
                return r;

        return string_buf_printf(b, "latest=%d\n" INDEX_END "\n", e->info.latest);
}

/* Like the directory, for the group that may list images. */
static int index_fix_access(ImageStore *s, const char *name) {
        struct stat st;

        if (fstat(s->index_fd, &st) < 0)
                return -errno;

        if (st.st_gid == getegid())
                return 0;

        return fchownat(s->index_fd, name, (uid_t) -1, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int index_write(ImageStore *s, const IndexEntry *e, bool keep_time) {
        _cleanup_(string_buf_done) StringBuf b = {};
        int r;

        r = index_format(e, &b);
        if (r < 0)
                return r;

        r = file_write_at(s->index_fd, e->info.id, b.data, b.size, INDEX_MODE, /* flags= */ 0);
        if (r < 0)
                return r;

        if (keep_time) {
                struct timespec ts[2] = {
                        { .tv_nsec = UTIME_OMIT },
                        { .tv_sec = (time_t) (e->info.last_used / USEC_PER_SEC),
                          .tv_nsec = (long) (e->info.last_used % USEC_PER_SEC) * 1000 },
                };
                (void) utimensat(s->index_fd, e->info.id, ts, AT_SYMLINK_NOFOLLOW);
        }

        return index_fix_access(s, e->info.id);
}

static char *manifest_name(const char *id) {
        return image_id_is_valid(id) ? strjoin(id, MANIFEST_SUFFIX, NULL) : NULL;
}

int index_write_manifest(ImageStore *s, const char *id, const char *text, size_t size) {
        _cleanup_free_ char *name = manifest_name(id);
        int r;

        if (!name)
                return -ENOMEM;

        r = file_write_at(s->index_fd, name, text, size, INDEX_MODE, /* flags= */ 0);
        return r < 0 ? r : index_fix_access(s, name);
}

int index_remove(ImageStore *s, const char *id) {
        _cleanup_free_ char *name = manifest_name(id);

        if (!name)
                return -ENOMEM;

        if (unlinkat(s->index_fd, id, 0) < 0 && errno != ENOENT)
                return -errno;

        if (unlinkat(s->index_fd, name, 0) < 0 && errno != ENOENT)
                return -errno;

        return 0;
}

int id_list_add(IdList *l, const char *id) {
        if (l->n + 1 >= l->allocated) {
                size_t n = MAX(l->allocated * 2, 64U);
                char **p = reallocarray(l->ids, n, sizeof(char *));

                if (!p)
                        return -ENOMEM;
                l->ids = p;
                l->allocated = n;
        }

        l->ids[l->n] = strdup(id);
        if (!l->ids[l->n])
                return -ENOMEM;

        l->ids[++l->n] = NULL;
        return 0;
}

void id_list_done(IdList *l) {
        strv_free(l->ids);
        *l = (IdList) {};
}

static int collect_id(int dir_fd, const char *name, unsigned char type, void *userdata) {
        return image_id_is_valid(name) ? id_list_add(userdata, name) : 0;
}

int index_list_ids(ImageStore *s, char ***ret) {
        _cleanup_(id_list_done) IdList l = {};
        int r;

        r = dir_foreach(s->index_fd, collect_id, &l);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(l.ids);
        return 0;
}

int image_store_read_manifest_text(ImageStore *s, const char *id, char **ret, size_t *ret_size, Diag *diag) {
        _cleanup_(index_entry_done) IndexEntry e = {};
        _cleanup_free_ char *name = NULL, *text = NULL;
        size_t size;
        int r;

        r = index_read(s, id, &e);
        if (r == -ENOENT || r == -EBADMSG)
                return diag_set(diag, -ENOENT, "image \"%s\" is not in the store", id);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the index entry of image \"%s\"", id);

        name = manifest_name(id);
        if (!name)
                return -ENOMEM;

        r = file_read_at(s->index_fd, name, IMAGE_MANIFEST_MAX, &text, &size);
        if (r >= 0 && size != e.manifest_size)
                r = -ENODATA;
        if (r == -ENOENT || r == -ENODATA) {
                r = diag_set(diag, -EBADMSG, "the manifest of image \"%s\" is damaged in the store", id);
                return diag_hint(diag, r, "remove the image with \"rkt image rm\" and fetch it again");
        }
        if (r < 0)
                return diag_errno(diag, r, "cannot read the manifest of image \"%s\"", id);

        *ret = TAKE_PTR(text);
        if (ret_size)
                *ret_size = size;
        return 0;
}

int image_store_load_manifest(ImageStore *s, const char *id, ImageManifest **ret, Diag *diag) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = image_store_read_manifest_text(s, id, &text, &size, diag);
        if (r < 0)
                return r;

        return image_manifest_parse("manifest", text, size, ret, diag);
}

int image_store_touch(ImageStore *s, const char *id) {
        struct timespec ts[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };

        if (!image_id_is_valid(id))
                return -EINVAL;

        return utimensat(s->index_fd, id, ts, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}
