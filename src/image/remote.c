/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/types.h"
#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/strv.h"
#include "image/download-protocol.h"
#include "image/remote.h"
#include "layout/pods.h"

/* Files of "key=value" lines. The name is a hash of the URL, and the URL stands inside: a collision reads
 * as "no record", which costs a download and nothing else, so the hash need not be a strong one. Nothing
 * is synced: a record that is lost or torn reads the same way. */

#define RECORD_MAX (64U * 1024)

void remote_record_done(RemoteRecord *r) {
        free(r->url);
        free(r->id);
        free(r->etag);
        *r = (RemoteRecord) {};
}

/* FNV-1a, 64 bits. */
static char *record_path(const char *url) {
        uint64_t hash = 0xcbf29ce484222325ULL;

        for (const char *c = url; *c; c++)
                hash = (hash ^ (unsigned char) *c) * 0x100000001b3ULL;
        return xasprintf("%s/%016llx", CAS_REMOTE_DIR, (unsigned long long) hash);
}

static int take_string(char **member, const char *value) {
        free(*member);
        *member = strdup(value);
        return *member ? 0 : -ENOMEM;
}

static int take_line(RemoteRecord *r, const char *line) {
        const char *v;

        if ((v = startswith(line, "url=")))
                return take_string(&r->url, v);
        if ((v = startswith(line, "id=")))
                return take_string(&r->id, v);
        if ((v = startswith(line, "etag=")))
                return take_string(&r->etag, v);
        if ((v = startswith(line, "max-age=")))
                return parse_u64(v, &r->max_age);
        if ((v = startswith(line, "fetched=")))
                return parse_u64(v, &r->fetched);
        return streq(line, "") ? 0 : -EBADMSG;
}

static int parse_record(const char *text, RemoteRecord *r) {
        _cleanup_strv_free_ char **lines = NULL;
        int e;

        if (!endswith(text, "\nend\n"))
                return -EBADMSG;
        e = strv_split(text, "\n", &lines);
        STRV_FOREACH(line, lines) {
                if (e < 0 || streq(*line, "end"))
                        break;
                e = take_line(r, *line);
        }
        if (e < 0)
                return e;
        return r->url && r->id && image_id_is_valid(r->id) && (!r->etag || etag_is_valid(r->etag)) ? 0
                                                                                                   : -EBADMSG;
}

int remote_load(int data_dir_fd, const char *url, RemoteRecord *ret) {
        _cleanup_(remote_record_done) RemoteRecord r = {};
        _cleanup_free_ char *path = record_path(url), *text = NULL;
        int e;

        if (!path)
                return -ENOMEM;
        e = file_read_at(data_dir_fd, path, RECORD_MAX, &text, NULL);
        if (e >= 0)
                e = parse_record(text, &r);
        if (e == -ENOMEM)
                return e;
        if (e < 0 || !streq(r.url, url))
                return -ENOENT;
        *ret = r;
        r = (RemoteRecord) {};
        return 0;
}

int remote_save(int data_dir_fd, const RemoteRecord *r) {
        _cleanup_(string_buf_done) StringBuf text = {};
        _cleanup_free_ char *path = record_path(r->url);
        int e;

        if (!path)
                return -ENOMEM;
        e = string_buf_printf(&text, "url=%s\nid=%s\n", r->url, r->id);
        if (e >= 0 && r->etag)
                e = string_buf_printf(&text, "etag=%s\n", r->etag);
        if (e >= 0)
                e = string_buf_printf(&text, "max-age=%llu\nfetched=%llu\nend\n",
                                      (unsigned long long) r->max_age, (unsigned long long) r->fetched);
        if (e >= 0)
                e = mkdir_p_at(data_dir_fd, CAS_REMOTE_DIR, 0700);
        /* The URL may hold a password. */
        return e < 0 ? e : file_write_at(data_dir_fd, path, text.data, text.size, 0600, 0);
}

int remote_forget(int data_dir_fd, const char *url) {
        _cleanup_free_ char *path = record_path(url);

        if (!path)
                return -ENOMEM;
        return unlinkat(data_dir_fd, path, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int forget_record(int dir_fd, const char *name, unsigned char type, void *userdata) {
        _cleanup_(remote_record_done) RemoteRecord r = {};
        _cleanup_free_ char *text = NULL;

        if (type != DT_REG || file_read_at(dir_fd, name, RECORD_MAX, &text, NULL) < 0)
                return 0;
        if (parse_record(text, &r) >= 0 && !streq(r.id, userdata))
                return 0;
        return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int remote_forget_image(int data_dir_fd, const char *id) {
        _cleanup_close_ int fd = openat(data_dir_fd, CAS_REMOTE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        return dir_foreach(fd, forget_record, (void *) id);
}

bool remote_is_fresh(const RemoteRecord *r, usec_t now) {
        return now >= r->fetched && (now - r->fetched) / USEC_PER_SEC < r->max_age;
}
