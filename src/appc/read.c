/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/read.h"

static int refuse(const JsonPath *path, Diag *diag, const char *s, const char *why) {
        _cleanup_free_ char *excerpt = json_excerpt(s);

        return excerpt ? json_path_error(path, diag, "\"%s\" %s", excerpt, why) : -ENOMEM;
}

static int read_checked(const JsonValue *v, const JsonPath *path, bool (*is_valid)(const char *s),
                        const char *why, Diag *diag) {
        const char *s = json_string(v);

        return is_valid(s) ? 0 : refuse(path, diag, s, why);
}

int appc_read_name(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        int r = read_checked(v, path, ac_name_is_valid,
                             "is not an AC Name (lower-case letters and digits, single \"-\" between them)",
                             diag);
        return r < 0 ? r : json_read_string(v, path, target, diag);
}

int appc_read_app_name(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        if (strlen(json_string(v)) > APP_NAME_MAX)
                return json_path_error(path, diag, "longer than %d characters", APP_NAME_MAX);
        return appc_read_name(v, path, target, diag);
}

int appc_read_identifier(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        int r = read_checked(
                v, path, ac_identifier_is_valid,
                "is not an AC Identifier (lower-case letters and digits, single \"-\", \".\", \"_\", "
                "\"~\" or \"/\" between them)",
                diag);
        return r < 0 ? r : json_read_string(v, path, target, diag);
}

static bool image_id_is_canonical(const char *s) {
        return image_id_is_prefix(s) && strcspn(s, "ABCDEF") == strlen(s);
}

int appc_read_image_id(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        char **ret = target;

        int r = read_checked(v, path, image_id_is_canonical,
                             "is not an image id (\"sha512-\" and lower-case hex digits)", diag);
        if (r < 0)
                return r;
        r = json_read_string(v, path, target, diag);
        if (r < 0)
                return r;
        if (strlen(*ret) > IMAGE_ID_LENGTH)
                (*ret)[IMAGE_ID_LENGTH] = '\0';
        return 0;
}

int appc_read_id(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        uint32_t *ret = target;
        int64_t id;

        int r = json_read_integer(v, path, (JsonRange){ 0, UINT32_MAX - 1 }, &id, diag);
        if (r < 0)
                return r;
        *ret = (uint32_t) id;
        return 0;
}

int appc_read_port_number(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        uint16_t *ret = target;
        int64_t port;

        int r = json_read_integer(v, path, (JsonRange){ 1, 65535 }, &port, diag);
        if (r < 0)
                return r;
        *ret = (uint16_t) port;
        return 0;
}

/* Takes digits; no leading zero, not empty. */
static bool skip_version_number(const char **s, bool *nonzero) {
        size_t n = strspn(*s, "0123456789");

        if (n == 0 || (n > 1 && **s == '0'))
                return false;
        *nonzero |= **s != '0';
        *s += n;
        return true;
}

static bool is_version_suffix(const char *s) {
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
        size_t n = strspn(s, allowed);

        if (*s != '-' && *s != '+')
                return *s == '\0';
        if (*s == '+')
                return s[1] != '\0' && strspn(s + 1, allowed) == strlen(s + 1);
        return n > 1 && (s[n] == '\0' || (s[n] == '+' && is_version_suffix(s + n)));
}

/* A semantic version (semver.org 2.0.0) that is not 0.0.0. */
static bool version_is_valid(const char *s) {
        bool nonzero = false;

        for (unsigned i = 0; i < 3; i++) {
                if (i > 0 && *s++ != '.')
                        return false;
                if (!skip_version_number(&s, &nonzero))
                        return false;
        }
        return nonzero && is_version_suffix(s);
}

int appc_read_version(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        int r = read_checked(v, path, version_is_valid, "is not a version (such as \"" APPC_VERSION "\")",
                             diag);
        return r < 0 ? r : json_read_string(v, path, target, diag);
}

int appc_read_absolute_path(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        if (*json_string(v) != '/')
                return refuse(path, diag, json_string(v), "is not an absolute path");
        return json_read_string(v, path, target, diag);
}

int appc_read_directory(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        return isempty(json_string(v)) ? 0 : appc_read_absolute_path(v, path, target, diag);
}

int appc_read_not_empty(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        if (isempty(json_string(v)))
                return json_path_error(path, diag, "must not be empty");
        return json_read_string(v, path, target, diag);
}

/* [A-Za-z_][A-Za-z0-9_.-]*: what the specification allows, which is more than a shell takes. */
static bool env_name_is_allowed(const char *s) {
        static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-";

        return *s && strcspn(s, "0123456789.-") > 0 && strspn(s, rest) == strlen(s);
}

static int read_env_name(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        int r = read_checked(
                v, path, env_name_is_allowed,
                "is not the name of an environment variable (letters, digits, \"_\", \".\", \"-\"; "
                "first a letter or \"_\")",
                diag);
        return r < 0 ? r : json_read_string(v, path, target, diag);
}

static int read_label_name(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        if (streq(json_string(v), "name"))
                return json_path_error(path, diag, "a label must not be called \"name\"");
        return appc_read_identifier(v, path, target, diag);
}

#define PAIR_FIELDS(read_name)                                                                               \
        {                                                                                                    \
                { "name", .type = JSON_STRING, .required = true, .offset = offsetof(NameValue, name),        \
                  .read = (read_name) },                                                                     \
                        { "value", .type = JSON_STRING, .required = true,                                    \
                          .offset = offsetof(NameValue, value), .read = json_read_string },                  \
        }

static const JsonField label_fields[] = PAIR_FIELDS(read_label_name);
static const JsonField annotation_fields[] = PAIR_FIELDS(appc_read_identifier);
static const JsonField environment_fields[] = PAIR_FIELDS(read_env_name);

static int read_label(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        return json_read_object(v, path, &(JsonObjectSpec){ label_fields, ELEMENTSOF(label_fields), 0 },
                                target, diag);
}

static int read_annotation(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        return json_read_object(v, path,
                                &(JsonObjectSpec){ annotation_fields, ELEMENTSOF(annotation_fields), 0 },
                                target, diag);
}

static int read_variable(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        return json_read_object(v, path,
                                &(JsonObjectSpec){ environment_fields, ELEMENTSOF(environment_fields), 0 },
                                target, diag);
}

int appc_read_labels(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(NameValue, LABELS_MAX, read_label);
        NameValueList *l = target;

        return json_read_items(v, path, &spec, (JsonArray){ &l->items, &l->n }, diag);
}

int appc_read_annotations(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(NameValue, ANNOTATIONS_MAX, read_annotation);
        NameValueList *l = target;

        return json_read_items(v, path, &spec, (JsonArray){ &l->items, &l->n }, diag);
}

int appc_read_environment(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonArraySpec spec = NAMED_ITEMS(NameValue, ENVIRONMENT_MAX, read_variable);
        NameValueList *l = target;

        return json_read_items(v, path, &spec, (JsonArray){ &l->items, &l->n }, diag);
}

typedef struct MapReader {
        const JsonPath *path;
        NameValueList *list; /* with room for all members */
        Diag *diag;
} MapReader;

static int read_map_member(const char *key, const JsonValue *v, void *userdata) {
        MapReader *m = userdata;
        const JsonPath path = { .parent = m->path, .key = key };
        NameValue *item = &m->list->items[m->list->n++];

        item->name = strdup(key);
        return item->name ? json_read_string(v, &path, &item->value, m->diag) : -ENOMEM;
}

int appc_read_user_map(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        MapReader m = { .path = path, .list = target, .diag = diag };

        if (json_length(v) > USER_PAIRS_MAX)
                return json_path_error(path, diag, "more than %d entries", USER_PAIRS_MAX);
        if (json_length(v) == 0)
                return 0;
        m.list->items = calloc(json_length(v), sizeof(NameValue));
        if (!m.list->items)
                return -ENOMEM;
        return json_foreach(v, read_map_member, &m);
}

/* Any value at all: it is kept as text. */
static int read_isolator_value(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        char **ret = target;

        if (json_depth(v) > ISOLATOR_DEPTH_MAX)
                return json_path_error(path, diag, "nesting deeper than %d", ISOLATOR_DEPTH_MAX);
        *ret = json_to_text(v);
        return *ret ? 0 : -ENOMEM;
}

static int read_isolator(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "name", .type = JSON_STRING, .required = true, .offset = offsetof(Isolator, name),
                  .read = appc_read_identifier },
                { "value", .type = JSON_NULL, .required = true, .offset = offsetof(Isolator, value),
                  .read = read_isolator_value },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

int appc_read_isolators(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        const JsonArraySpec spec = { sizeof(Isolator), ISOLATORS_MAX, JSON_OBJECT, read_isolator };
        IsolatorList *l = target;

        return json_read_items(v, path, &spec, (JsonArray){ &l->items, &l->n }, diag);
}

static void write_pair(const char *name, const char *value, JsonWriter *w) {
        json_write_object_begin(w, /* key= */ NULL);
        json_write_string(w, "name", name);
        json_write_string(w, "value", value);
        json_write_object_end(w);
}

void appc_write_pairs(const NameValueList *l, const char *key, JsonWriter *w) {
        if (l->n == 0)
                return;
        json_write_array_begin(w, key);
        for (size_t i = 0; i < l->n; i++)
                write_pair(l->items[i].name, l->items[i].value, w);
        json_write_array_end(w);
}

static int compare_pairs(const void *a, const void *b) {
        const NameValue *const *x = a, *const *y = b;

        return strcmp((*x)->name, (*y)->name);
}

void appc_write_user_map(const NameValueList *l, const char *key, JsonWriter *w) {
        _cleanup_free_ const NameValue **sorted = l->n > 0 ? calloc(l->n, sizeof(*sorted)) : NULL;

        if (l->n == 0)
                return;
        if (!sorted)
                return json_writer_fail(w, -ENOMEM);
        for (size_t i = 0; i < l->n; i++)
                sorted[i] = &l->items[i];
        qsort(sorted, l->n, sizeof(*sorted), compare_pairs);
        json_write_object_begin(w, key);
        for (size_t i = 0; i < l->n; i++)
                json_write_string(w, sorted[i]->name, sorted[i]->value);
        json_write_object_end(w);
}

void appc_write_isolators(const IsolatorList *l, const char *key, JsonWriter *w) {
        if (l->n == 0)
                return;
        json_write_array_begin(w, key);
        for (size_t i = 0; i < l->n; i++) {
                json_write_object_begin(w, /* key= */ NULL);
                json_write_string(w, "name", l->items[i].name);
                json_write_raw(w, "value", l->items[i].value);
                json_write_object_end(w);
        }
        json_write_array_end(w);
}

void appc_write_optional(const char *s, const char *key, JsonWriter *w) {
        if (s)
                json_write_string(w, key, s);
}

void appc_write_strv(char *const *l, const char *key, JsonWriter *w) {
        json_write_array_begin(w, key);
        for (size_t i = 0; l && l[i]; i++)
                json_write_string(w, /* key= */ NULL, l[i]);
        json_write_array_end(w);
}
