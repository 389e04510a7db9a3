/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <string.h>

#include "image/tar-reader.h"
#include "image/tar-scan.h"

/* libarchive with one format and no filter: whatever else it could recognise is not there. Names come as
 * bytes: the process has the C locale, in which libarchive can't convert a pax name that is not ASCII,
 * warns, and hands it out as it is. That is the one warning that is no error here; all others are about
 * damaged headers.
 *
 * libarchive takes a stream that stops between two entries for a complete archive. An archive ends with
 * blocks of zeros; one without was cut off. What follows the end must be zeros, too: everything counts for
 * the digest, so nothing may hide there. */

#define CONVERSION_WARNING "can't be converted from"

struct TarReader {
        struct archive *archive;
        struct archive_entry *entry; /* archive's; NULL before the first */
        TarSource source;
        void *userdata;
        TarScan *scan;
        int source_error;     /* of the source, or of the scan, with: */
        Diag scan_diag;
        const uint8_t *piece; /* what the source gave last, and libarchive may be in the middle of */
        size_t piece_size;
        uint64_t piece_offset; /* of its begin in the stream */
        bool source_ended;
        bool xattrs_begun;
        unsigned acl_type; /* index of the next in acl_types */
        char *acl;         /* the value given out last */
};

static ssize_t on_read(struct archive *a, void *userdata, const void **ret) {
        TarReader *t = userdata;
        size_t size = 0;
        int r;

        t->piece_offset += t->piece_size;
        t->piece_size = 0;

        r = t->source(t->userdata, ret, &size);
        if (r < 0) {
                t->source_error = r;
                archive_set_error(a, EIO, "the stream broke off");
                return -1;
        }
        if (r == 0) {
                t->source_ended = true;
                return 0;
        }

        t->piece = *ret;
        t->piece_size = size;

        t->source_error = tar_scan_feed(t->scan, *ret, size, &t->scan_diag);
        if (t->source_error < 0) {
                archive_set_error(a, EINVAL, "the scan failed");
                return -1;
        }

        return (ssize_t) size;
}

int tar_reader_new(TarSource source, void *userdata, TarReader **ret) {
        _cleanup_(tar_reader_freep) TarReader *t = NULL;
        int r;

        t = calloc(1, sizeof(TarReader));
        if (!t)
                return -ENOMEM;

        t->source = source;
        t->userdata = userdata;
        r = tar_scan_new(&t->scan);
        if (r < 0)
                return r;

        t->archive = archive_read_new();
        if (!t->archive)
                return -ENOMEM;

        if (archive_read_support_format_tar(t->archive) != ARCHIVE_OK ||
            archive_read_set_read_callback(t->archive, on_read) != ARCHIVE_OK ||
            archive_read_set_callback_data(t->archive, t) != ARCHIVE_OK)
                return -ENOMEM;

        *ret = TAKE_PTR(t);
        return 0;
}

TarReader *tar_reader_free(TarReader *t) {
        if (!t)
                return NULL;

        if (t->archive)
                (void) archive_read_free(t->archive);
        tar_scan_free(t->scan);
        diag_done(&t->scan_diag);
        free(t->acl);
        free(t);
        return NULL;
}

static int reader_failed(TarReader *t, Diag *diag) {
        _cleanup_free_ char *text = NULL;

        if (t->source_error < 0 && diag_is_set(&t->scan_diag))
                return diag_set(diag, t->source_error, "%s", t->scan_diag.message);
        if (t->source_error < 0)
                return t->source_error;
        if (archive_errno(t->archive) == ENOMEM)
                return -ENOMEM;

        text = string_escape(strempty(archive_error_string(t->archive)));
        if (!text)
                return -ENOMEM;

        if (!t->entry)
                return diag_set(diag, -EBADMSG, "this is no tar archive, plain or by gzip, bzip2, xz, zstd");
        if (t->source_ended)
                return diag_set(diag, -EBADMSG, "the archive is cut off (%s)", text);

        return diag_set(diag, -EBADMSG, "the archive is damaged (%s)", text);
}

static bool all_zero(const uint8_t *p, size_t n) {
        return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* After libarchive saw the end: the first of the zero blocks is where it looked for a header. */
static int check_end(TarReader *t, Diag *diag) {
        uint64_t end = (uint64_t) archive_read_header_position(t->archive);
        const void *data = t->piece;
        size_t size = t->piece_size, seen = 0;
        int r;

        if (t->source_ended && end >= t->piece_offset + t->piece_size)
                return diag_set(diag, -EBADMSG, "the archive is cut off (it has no end marker)");

        r = tar_scan_check(t->scan, end, diag);
        if (r < 0)
                return r;

        if (end > t->piece_offset)
                seen = (size_t) MIN(end - t->piece_offset, (uint64_t) size);

        for (r = 1; r > 0; r = t->source_ended ? 0 : t->source(t->userdata, &data, &size)) {
                if (!all_zero((const uint8_t *) data + seen, size - seen))
                        return diag_set(diag, -EBADMSG, "the archive has data after its end");
                seen = 0;
        }

        return r;
}

static int next_header(TarReader *t, Diag *diag) {
        int r, k;

        if (!t->entry && archive_read_open1(t->archive) != ARCHIVE_OK)
                return reader_failed(t, diag);

        r = archive_read_next_header(t->archive, &t->entry);
        if (r == ARCHIVE_EOF)
                return check_end(t, diag);
        if (r == ARCHIVE_FATAL || r == ARCHIVE_RETRY)
                return reader_failed(t, diag);

        k = tar_scan_check(t->scan, (uint64_t) archive_read_header_position(t->archive), diag);
        if (k < 0)
                return k;
        if (r == ARCHIVE_WARN && strstr(strempty(archive_error_string(t->archive)), CONVERSION_WARNING))
                return 1;

        return r == ARCHIVE_OK ? 1 : reader_failed(t, diag);
}

static const struct {
        mode_t format;
        TarType type;
} tar_types[] = {
        { AE_IFREG,  TAR_REGULAR   },
        { AE_IFDIR,  TAR_DIRECTORY },
        { AE_IFLNK,  TAR_SYMLINK   },
        { AE_IFIFO,  TAR_FIFO      },
        { AE_IFCHR,  TAR_DEVICE    },
        { AE_IFBLK,  TAR_DEVICE    },
};

static TarType entry_type(struct archive_entry *e) {
        if (archive_entry_hardlink(e))
                return TAR_HARDLINK;

        for (size_t i = 0; i < ELEMENTSOF(tar_types); i++)
                if (tar_types[i].format == archive_entry_filetype(e))
                        return tar_types[i].type;

        return TAR_OTHER;
}

int tar_reader_next(TarReader *t, TarEntry *ret, Diag *diag) {
        struct archive_entry *e;
        int r;

        r = next_header(t, diag);
        if (r <= 0)
                return r;

        e = t->entry;
        t->xattrs_begun = false;
        t->acl_type = 0;
        *ret = (TarEntry) {
                .type = entry_type(e),
                .path = strempty(archive_entry_pathname(e)),
                .link = archive_entry_hardlink(e) ?: strempty(archive_entry_symlink(e)),
                .mode = archive_entry_perm(e) & 07777,
                .uid = archive_entry_uid(e),
                .gid = archive_entry_gid(e),
                .size = archive_entry_size(e),
                .mtime = { .tv_sec = archive_entry_mtime(e), .tv_nsec = archive_entry_mtime_nsec(e) },
        };
        return 1;
}

int tar_reader_data(TarReader *t, TarData *ret, Diag *diag) {
        TarData d = {};
        int64_t offset = 0;
        int r;

        r = archive_read_data_block(t->archive, &d.data, &d.size, &offset);
        if (r == ARCHIVE_EOF)
                return 0;
        if (r != ARCHIVE_OK)
                return reader_failed(t, diag);
        if (offset < 0)
                return diag_set(diag, -EBADMSG, "the archive has a sparse file with a negative offset");

        d.offset = (uint64_t) offset;
        *ret = d;
        return 1;
}

/* The kernel's form (linux/posix_acl_xattr.h), little endian, sorted by tag and id. */
typedef struct AclEntry {
        uint16_t tag, perm;
        uint32_t id;
} AclEntry;

#define ACL_VERSION 2U
#define ACL_NO_ID UINT32_MAX
#define ACL_ENTRIES_MAX 1024U

static const struct {
        int type;
        const char *name;
} acl_types[] = {
        { ARCHIVE_ENTRY_ACL_TYPE_ACCESS,  "system.posix_acl_access"  },
        { ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default" },
};

static const struct {
        int archive_tag;
        uint16_t tag;
        bool named;
} acl_tags[] = {
        { ARCHIVE_ENTRY_ACL_USER_OBJ,  0x01, false },
        { ARCHIVE_ENTRY_ACL_USER,      0x02, true  },
        { ARCHIVE_ENTRY_ACL_GROUP_OBJ, 0x04, false },
        { ARCHIVE_ENTRY_ACL_GROUP,     0x08, true  },
        { ARCHIVE_ENTRY_ACL_MASK,      0x10, false },
        { ARCHIVE_ENTRY_ACL_OTHER,     0x20, false },
};

static int acl_entry(int tag, int permset, int id, AclEntry *ret, Diag *diag) {
        for (size_t i = 0; i < ELEMENTSOF(acl_tags); i++) {
                if (acl_tags[i].archive_tag != tag)
                        continue;
                if (acl_tags[i].named && id < 0)
                        return diag_set(diag, -EBADMSG, "an ACL names a user or group without its number");

                *ret = (AclEntry) {
                        .tag = htole16(acl_tags[i].tag),
                        .perm = htole16((uint16_t) (permset & 7)),
                        .id = htole32(acl_tags[i].named ? (uint32_t) id : ACL_NO_ID),
                };
                return 0;
        }

        return diag_set(diag, -EBADMSG, "an ACL has an entry of an unknown kind");
}

static int compare_acl_entries(const void *a, const void *b) {
        const AclEntry *x = a, *y = b;

        if (x->tag != y->tag)
                return le16toh(x->tag) < le16toh(y->tag) ? -1 : 1;
        if (x->id != y->id)
                return le32toh(x->id) < le32toh(y->id) ? -1 : 1;
        return 0;
}

static int format_acl(TarReader *t, int want_type, int count, TarXattr *ret, Diag *diag) {
        size_t header = sizeof(uint32_t), n = 0;
        int type, permset, tag, id, r;
        const char *name;
        AclEntry *entries;

        if (count > (int) ACL_ENTRIES_MAX)
                return diag_set(diag, -EBADMSG, "an ACL has more than %u entries", ACL_ENTRIES_MAX);

        free(t->acl);
        t->acl = malloc(header + (size_t) count * sizeof(AclEntry));
        if (!t->acl)
                return -ENOMEM;

        memcpy(t->acl, &(uint32_t) { htole32(ACL_VERSION) }, header);
        entries = (AclEntry *) (t->acl + header);
        while (n < (size_t) count &&
               archive_entry_acl_next(t->entry, want_type, &type, &permset, &tag, &id, &name) == ARCHIVE_OK) {
                r = acl_entry(tag, permset, id, &entries[n++], diag);
                if (r < 0)
                        return r;
        }

        qsort(entries, n, sizeof(AclEntry), compare_acl_entries);
        ret->value = t->acl;
        ret->size = header + n * sizeof(AclEntry);
        return 1;
}

int tar_reader_xattr(TarReader *t, TarXattr *ret, Diag *diag) {
        TarXattr x = {};
        int n, r;

        if (!t->xattrs_begun) {
                (void) archive_entry_xattr_reset(t->entry);
                t->xattrs_begun = true;
        }

        if (archive_entry_xattr_next(t->entry, &x.name, &x.value, &x.size) == ARCHIVE_OK) {
                *ret = x;
                return 1;
        }

        while (t->acl_type < ELEMENTSOF(acl_types)) {
                int type = acl_types[t->acl_type].type;

                x.name = acl_types[t->acl_type++].name;
                n = archive_entry_acl_reset(t->entry, type);
                if (n <= 0)
                        continue;

                r = format_acl(t, type, n, &x, diag);
                if (r > 0)
                        *ret = x;
                return r;
        }

        return 0;
}
