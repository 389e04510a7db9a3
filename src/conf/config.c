/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "conf/config.h"

/* Each file is read twice from one document: its header decides whether the kind's own fields may be read. */

typedef struct Header {
        char *kind, *version;
} Header;

static void header_done(Header *h) {
        free(h->kind);
        free(h->version);
}

static int check_header(const Header *h, const ConfigKind *kind, Diag *diag) {
        const JsonPath kind_path = { .key = "rktKind" }, version_path = { .key = "rktVersion" };

        if (!streq(h->kind, kind->kind))
                return json_path_error(&kind_path, diag, "must be \"%s\" in %s", kind->kind, kind->subdir);
        if (!streq(h->version, kind->version))
                return json_path_error(&version_path, diag, "must be \"%s\"", kind->version);
        return 0;
}

static int read_document(const JsonValue *root, const ConfigKind *kind, void *target, Diag *diag) {
        static const JsonField header_fields[] = {
                { "rktKind", .type = JSON_STRING, .required = true, .offset = offsetof(Header, kind),
                  .read = json_read_string },
                { "rktVersion", .type = JSON_STRING, .required = true, .offset = offsetof(Header, version),
                  .read = json_read_string },
        };
        const JsonObjectSpec header_spec = { header_fields, ELEMENTSOF(header_fields), 0 };
        const JsonObjectSpec spec = { kind->fields, kind->n_fields, 0 };
        _cleanup_(header_done) Header h = {};

        int r = json_read_object(root, /* path= */ NULL, &header_spec, &h, diag);
        if (r < 0)
                return r;
        r = check_header(&h, kind, diag);
        if (r < 0)
                return r;
        return json_read_object(root, /* path= */ NULL, &spec, target, diag);
}

/* path: of the file that has its name in dir_fd. */
static int read_file(int dir_fd, const char *path, const ConfigKind *kind, void *target, Diag *diag) {
        _cleanup_(json_doc_freep) JsonDoc *d = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;

        int r = file_read_at(dir_fd, path_basename(path), CONFIG_FILE_MAX, &text, &size);
        if (r == -ENOENT)
                return 0;
        if (r == -EFBIG)
                return diag_set_at(diag, r, path, 0, 0, "larger than %u bytes", CONFIG_FILE_MAX);
        if (r < 0)
                return diag_set_at(diag, r, path, 0, 0, "cannot be read: %s", strerror(-r));
        r = json_parse(path, text, size, CONFIG_FILE_MAX, &d, diag);
        if (r < 0)
                return r;
        r = read_document(json_doc_root(d), kind, target, diag);
        if (r < 0 && diag_is_set(diag) && !diag->file)
                diag->file = strdup(path);
        return r;
}

static bool is_config_file(int dir_fd, const char *name) {
        struct stat st;

        return endswith(name, ".json") && fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) >= 0 &&
                S_ISREG(st.st_mode);
}

static int read_files(int dir_fd, const char *path, const ConfigKind *kind, void *target, Diag *diag) {
        _cleanup_strv_free_ char **names = NULL;

        int r = dir_list_at(dir_fd, ".", &names);
        if (r < 0)
                return diag_errno(diag, r, "cannot list \"%s\"", path);
        if (strv_length(names) > CONFIG_FILES_MAX)
                return diag_set(diag, -EFBIG, "more than %d files in \"%s\"", CONFIG_FILES_MAX, path);
        STRV_FOREACH(name, names) {
                if (!is_config_file(dir_fd, *name))
                        continue;
                _cleanup_free_ char *file = path_join(path, *name);
                if (!file)
                        return -ENOMEM;
                r = read_file(dir_fd, file, kind, target, diag);
                if (r < 0)
                        return r;
        }
        return 0;
}

int config_read_dir(const char *dir, const ConfigKind *kind, void *target, Diag *diag) {
        _cleanup_free_ char *path = path_join(dir, kind->subdir);

        if (!path)
                return -ENOMEM;
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
                return read_files(fd, path, kind, target, diag);
        if (errno == ENOENT)
                return 0;
        return diag_errno(diag, -errno, "cannot read configuration in \"%s\"", path);
}
