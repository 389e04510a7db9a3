/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/image-manifest.h"
#include "appc/read.h"
#include "basic/strv.h"

#define DEPENDENCIES_MAX 256
#define PATH_WHITELIST_MAX 262144

#define IMAGE_MANIFEST_KIND "ImageManifest"

static void dependency_done(Dependency *d) {
        free(d->image_name);
        free(d->image_id);
        name_value_list_done(&d->labels);
}

ImageManifest *image_manifest_free(ImageManifest *m) {
        if (!m)
                return NULL;
        free(m->ac_version);
        free(m->name);
        name_value_list_done(&m->labels);
        app_free(m->app);
        for (size_t i = 0; i < m->n_dependencies; i++)
                dependency_done(&m->dependencies[i]);
        free(m->dependencies);
        strv_free(m->path_whitelist);
        name_value_list_done(&m->annotations);
        free(m);
        return NULL;
}

static int read_kind(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        if (!streq(json_string(v), IMAGE_MANIFEST_KIND))
                return json_path_error(path, diag, "must be \"%s\"", IMAGE_MANIFEST_KIND);
        return 0;
}

static int read_size(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        uint64_t *ret = target;
        int64_t size;

        int r = json_read_integer(v, path, (JsonRange){ 0, INT64_MAX }, &size, diag);
        if (r < 0)
                return r;
        *ret = (uint64_t) size;
        return 0;
}

static int read_dependency(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "imageName", .type = JSON_STRING, .required = true,
                  .offset = offsetof(Dependency, image_name), .read = appc_read_identifier },
                { "imageID", .type = JSON_STRING, .offset = offsetof(Dependency, image_id),
                  .read = appc_read_image_id },
                { "labels", .type = JSON_ARRAY, .offset = offsetof(Dependency, labels),
                  .read = appc_read_labels },
                { "size", .type = JSON_INTEGER, .offset = offsetof(Dependency, size), .read = read_size },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

static int read_dependencies(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        const JsonArraySpec spec = { sizeof(Dependency), DEPENDENCIES_MAX, JSON_OBJECT, read_dependency };
        ImageManifest *m = target;

        return json_read_items(v, path, &spec, (JsonArray){ &m->dependencies, &m->n_dependencies }, diag);
}

static int read_path_whitelist(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        char ***ret = target;

        int r = json_read_strv(v, path, PATH_WHITELIST_MAX, ret, diag);
        if (r < 0)
                return r;
        for (size_t i = 0; (*ret)[i]; i++)
                if ((*ret)[i][0] != '/') {
                        JsonPath item = { .parent = path, .index = i };
                        return json_path_error(&item, diag, "not an absolute path");
                }
        return 0;
}

static const JsonField manifest_fields[] = {
        { "acKind", .type = JSON_STRING, .required = true, .read = read_kind },
        { "acVersion", .type = JSON_STRING, .required = true, .offset = offsetof(ImageManifest, ac_version),
          .read = appc_read_version },
        { "name", .type = JSON_STRING, .required = true, .offset = offsetof(ImageManifest, name),
          .read = appc_read_identifier },
        { "labels", .type = JSON_ARRAY, .offset = offsetof(ImageManifest, labels), .read = appc_read_labels },
        { "app", .type = JSON_OBJECT, .offset = offsetof(ImageManifest, app), .read = app_read },
        { "annotations", .type = JSON_ARRAY, .offset = offsetof(ImageManifest, annotations),
          .read = appc_read_annotations },
        { "dependencies", .type = JSON_ARRAY, .read = read_dependencies },
        { "pathWhitelist", .type = JSON_ARRAY, .offset = offsetof(ImageManifest, path_whitelist),
          .read = read_path_whitelist },
};

int image_manifest_parse(const char *file, const char *text, size_t size, ImageManifest **ret, Diag *diag) {
        const JsonSource source = { .file = file, .text = text, .size = size, .max = IMAGE_MANIFEST_MAX };
        const JsonObjectSpec spec = { manifest_fields, ELEMENTSOF(manifest_fields), 0 };

        _cleanup_(image_manifest_freep) ImageManifest *m = calloc(1, sizeof(ImageManifest));
        if (!m)
                return -ENOMEM;
        int r = json_read_document(&source, &spec, m, diag);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

static void write_dependencies(const ImageManifest *m, JsonWriter *w) {
        if (m->n_dependencies == 0)
                return;
        json_write_array_begin(w, "dependencies");
        for (size_t i = 0; i < m->n_dependencies; i++) {
                const Dependency *d = &m->dependencies[i];

                json_write_object_begin(w, /* key= */ NULL);
                json_write_string(w, "imageName", d->image_name);
                appc_write_optional(d->image_id, "imageID", w);
                appc_write_pairs(&d->labels, "labels", w);
                if (d->size > 0)
                        json_write_integer(w, "size", (int64_t) d->size);
                json_write_object_end(w);
        }
        json_write_array_end(w);
}

int image_manifest_format(const ImageManifest *m, bool pretty, char **ret) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;

        int r = json_writer_new(pretty, &w);
        if (r < 0)
                return r;
        json_write_object_begin(w, /* key= */ NULL);
        json_write_string(w, "acKind", IMAGE_MANIFEST_KIND);
        json_write_string(w, "acVersion", m->ac_version);
        json_write_string(w, "name", m->name);
        appc_write_pairs(&m->labels, "labels", w);
        if (m->app)
                app_write(m->app, "app", w);
        appc_write_pairs(&m->annotations, "annotations", w);
        write_dependencies(m, w);
        if (m->path_whitelist && m->path_whitelist[0])
                appc_write_strv(m->path_whitelist, "pathWhitelist", w);
        json_write_object_end(w);
        return json_writer_take(w, ret);
}

/* appc's names of what this machine's kernel runs. */
#if defined(__x86_64__)
#define HOST_ARCHS "amd64 i386"
#elif defined(__i386__)
#define HOST_ARCHS "i386"
#elif defined(__aarch64__) && defined(__AARCH64EB__)
#define HOST_ARCHS "aarch64_be"
#elif defined(__aarch64__)
#define HOST_ARCHS "aarch64 armv7l armv6l"
#elif defined(__arm__) && __ARM_ARCH >= 7
#define HOST_ARCHS "armv7l armv6l"
#elif defined(__arm__)
#define HOST_ARCHS "armv6l"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define HOST_ARCHS "ppc64le"
#elif defined(__powerpc64__)
#define HOST_ARCHS "ppc64"
#elif defined(__s390x__)
#define HOST_ARCHS "s390x"
#else
#error "appc has no name for this architecture"
#endif

static int check_label(const ImageManifest *m, const char *label, const char *of, const char *words,
                       Diag *diag) {
        _cleanup_strv_free_ char **known = NULL;
        const char *value = name_value_list_get(&m->labels, label);

        int r = strv_split(words, " ", &known);
        if (r < 0)
                return r;
        if (strv_contains(known, value))
                return 0;

        _cleanup_free_ char *escaped = string_escape(value);
        if (!escaped)
                return -ENOMEM;
        return diag_set(diag, -EBADMSG, "bad %s \"%s\"%s (must be one of: [%s])", label, escaped, of, words);
}

int image_manifest_check_platform(const ImageManifest *m, Diag *diag) {
        static const char *const labels[] = { "os", "arch" };

        for (size_t i = 0; i < ELEMENTSOF(labels); i++)
                if (!name_value_list_get(&m->labels, labels[i]))
                        return diag_set(diag, -EBADMSG, "missing %s label in the image manifest", labels[i]);
        int r = check_label(m, "os", "", "linux", diag);
        if (r < 0)
                return r;
        return check_label(m, "arch", " for linux", HOST_ARCHS, diag);
}
