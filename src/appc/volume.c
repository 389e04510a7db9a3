/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/pod-manifest.h"
#include "appc/read.h"
#include "appc/volume.h"
#include "basic/parse-util.h"
#include "basic/strv.h"

/* Volumes and mounts in both of their forms: JSON objects, and the words of --volume and --mount. The
 * words are "key=value" pairs separated by commas, with no quoting: a value cannot hold a comma. Both
 * forms pass the same check in the end. */

#define VOLUME_MODE_DEFAULT 0755
#define WORDS_MAX 16

static const char *const kind_names[] = {
        [VOLUME_HOST] = "host",
        [VOLUME_EMPTY] = "empty",
};

const char *volume_kind_to_string(VolumeKind k) {
        return k >= 0 && (size_t) k < ELEMENTSOF(kind_names) ? kind_names[k] : NULL;
}

int volume_kind_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(kind_names); i++)
                if (streq(kind_names[i], s))
                        return (int) i;
        return -EINVAL;
}

void volume_init(Volume *v) {
        *v = (Volume){
                .kind = _VOLUME_KIND_MAX, .read_only = -1, .recursive = -1, .mode = VOLUME_MODE_DEFAULT
        };
}

void volume_done(Volume *v) {
        free(v->name);
        free(v->source);
        *v = (Volume){};
}

void mount_done(Mount *m) {
        free(m->volume);
        free(m->path);
        if (m->app_volume)
                volume_done(m->app_volume);
        free(m->app_volume);
        *m = (Mount){};
}

/* What is wrong with a volume as a whole, or NULL. */
static const char *volume_problem(const Volume *v) {
        if (!v->name)
                return "a name is required";
        if (v->kind == _VOLUME_KIND_MAX)
                return "a kind is required: kind=host or kind=empty";
        if (v->kind == VOLUME_HOST) {
                if (!v->source)
                        return "a host volume needs a source";
                if (v->has_mode || v->has_uid || v->has_gid)
                        return "mode, uid and gid are for empty volumes only";
        } else if (v->source)
                return "source is for host volumes only";
        return NULL;
}

static int read_kind(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        Volume *volume = target;

        int k = volume_kind_from_string(json_string(v));
        if (k < 0)
                return json_path_error(path, diag, "must be \"host\" or \"empty\"");
        volume->kind = (VolumeKind) k;
        return 0;
}

static int read_flag(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        *(int *) target = json_boolean(v);
        return 0;
}

static int read_mode(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        Volume *volume = target;

        if (parse_mode(json_string(v), &volume->mode) < 0)
                return json_path_error(path, diag, "must be an octal mode such as \"0755\"");
        volume->has_mode = true;
        return 0;
}

static int read_uid(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        Volume *volume = target;

        volume->has_uid = true;
        return appc_read_id(v, path, &volume->uid, diag);
}

static int read_gid(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        Volume *volume = target;

        volume->has_gid = true;
        return appc_read_id(v, path, &volume->gid, diag);
}

int volume_read(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "name", .type = JSON_STRING, .required = true, .offset = offsetof(Volume, name),
                  .read = appc_read_name },
                { "kind", .type = JSON_STRING, .required = true, .read = read_kind },
                { "source", .type = JSON_STRING, .offset = offsetof(Volume, source),
                  .read = appc_read_directory },
                { "readOnly", .type = JSON_BOOLEAN, .offset = offsetof(Volume, read_only),
                  .read = read_flag },
                { "recursive", .type = JSON_BOOLEAN, .offset = offsetof(Volume, recursive),
                  .read = read_flag },
                { "mode", .type = JSON_STRING, .read = read_mode },
                { "uid", .type = JSON_INTEGER, .read = read_uid },
                { "gid", .type = JSON_INTEGER, .read = read_gid },
        };
        Volume *volume = target;

        volume_init(volume);
        int r = json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, volume, diag);
        if (r < 0)
                return r;
        const char *problem = volume_problem(volume);
        return problem ? json_path_error(path, diag, "%s", problem) : 0;
}

static int read_app_volume(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        Mount *m = target;

        m->app_volume = calloc(1, sizeof(Volume));
        return m->app_volume ? volume_read(v, path, m->app_volume, diag) : -ENOMEM;
}

int mount_read(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "volume", .type = JSON_STRING, .required = true, .offset = offsetof(Mount, volume),
                  .read = appc_read_name },
                { "path", .type = JSON_STRING, .required = true, .offset = offsetof(Mount, path),
                  .read = appc_read_absolute_path },
                { "readOnly", .type = JSON_BOOLEAN, .offset = offsetof(Mount, read_only), .read = read_flag },
                { "appVolume", .type = JSON_OBJECT, .read = read_app_volume },
        };
        Mount *m = target;

        *m = (Mount){ .read_only = -1 };
        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, m, diag);
}

static void write_flag(int flag, const char *key, JsonWriter *w) {
        if (flag >= 0)
                json_write_boolean(w, key, flag > 0);
}

static void write_mode(mode_t mode, JsonWriter *w) {
        _cleanup_free_ char *text = xasprintf("%04o", (unsigned) mode);

        if (!text)
                return json_writer_fail(w, -ENOMEM);
        json_write_string(w, "mode", text);
}

void volume_write(const Volume *v, const char *key, JsonWriter *w) {
        json_write_object_begin(w, key);
        json_write_string(w, "name", v->name);
        json_write_string(w, "kind", volume_kind_to_string(v->kind));
        appc_write_optional(v->source, "source", w);
        write_flag(v->read_only, "readOnly", w);
        write_flag(v->recursive, "recursive", w);
        if (v->kind == VOLUME_EMPTY) {
                /* appc's reader fills in these defaults, so its writer always has them */
                write_mode(v->mode, w);
                json_write_integer(w, "uid", v->uid);
                json_write_integer(w, "gid", v->gid);
        }
        json_write_object_end(w);
}

void mount_write(const Mount *m, const char *key, JsonWriter *w) {
        json_write_object_begin(w, key);
        json_write_string(w, "volume", m->volume);
        json_write_string(w, "path", m->path);
        write_flag(m->read_only, "readOnly", w);
        if (m->app_volume)
                volume_write(m->app_volume, "appVolume", w);
        json_write_object_end(w);
}

/* A word's key, and what takes its value: NULL, or what is wrong with it. */
typedef struct WordKey {
        const char *name;
        const char *(*set)(void *target, const char *value);
} WordKey;

typedef struct WordSyntax {
        const char *what; /* "volume" */
        const WordKey *keys;
        size_t n_keys;
} WordSyntax;

static const char *set_string(char **target, const char *value) {
        *target = strdup(value);
        return *target ? NULL : "out of memory";
}

static const char *set_flag(int *target, const char *value) {
        int b = parse_boolean(value);

        *target = b;
        return b < 0 ? "must be true or false" : NULL;
}

static const char *set_volume_name(void *target, const char *value) {
        return ac_name_is_valid(value) ?
                set_string(&((Volume *) target)->name, value) :
                "is not an AC Name (lower-case letters and digits, single \"-\" between them)";
}

static const char *set_volume_kind(void *target, const char *value) {
        int k = volume_kind_from_string(value);

        if (k < 0)
                return "must be host or empty";
        ((Volume *) target)->kind = (VolumeKind) k;
        return NULL;
}

static const char *set_volume_source(void *target, const char *value) {
        return *value == '/' ? set_string(&((Volume *) target)->source, value) : "must be an absolute path";
}

static const char *set_volume_read_only(void *target, const char *value) {
        return set_flag(&((Volume *) target)->read_only, value);
}

static const char *set_volume_recursive(void *target, const char *value) {
        return set_flag(&((Volume *) target)->recursive, value);
}

static const char *set_volume_mode(void *target, const char *value) {
        Volume *v = target;

        v->has_mode = true;
        return parse_mode(value, &v->mode) < 0 ? "must be an octal mode such as 0755" : NULL;
}

static const char *set_volume_uid(void *target, const char *value) {
        Volume *v = target;

        v->has_uid = true;
        return parse_uid(value, &v->uid) < 0 ? "must be a numeric user id" : NULL;
}

static const char *set_volume_gid(void *target, const char *value) {
        Volume *v = target;

        v->has_gid = true;
        return parse_uid(value, &v->gid) < 0 ? "must be a numeric group id" : NULL;
}

static const char *set_mount_volume(void *target, const char *value) {
        return ac_name_is_valid(value) ?
                set_string(&((Mount *) target)->volume, value) :
                "is not an AC Name (lower-case letters and digits, single \"-\" between them)";
}

static const char *set_mount_target(void *target, const char *value) {
        return *value == '/' ? set_string(&((Mount *) target)->path, value) : "must be an absolute path";
}

static const char *set_mount_read_only(void *target, const char *value) {
        return set_flag(&((Mount *) target)->read_only, value);
}

static int word_error(const WordSyntax *syntax, const char *text, Diag *diag, const char *problem) {
        _cleanup_free_ char *excerpt = json_excerpt(text);

        if (!excerpt)
                return -ENOMEM;
        return diag_set(diag, -EINVAL, "%s \"%s\": %s", syntax->what, excerpt, problem);
}

static char *known_keys(const WordSyntax *syntax) {
        StringBuf b = {};

        for (size_t i = 0; i < syntax->n_keys; i++)
                if (string_buf_printf(&b, "%s%s", i > 0 ? ", " : "", syntax->keys[i].name) < 0) {
                        string_buf_done(&b);
                        return NULL;
                }
        return string_buf_take(&b);
}

/* One "key=value"; *seen has a bit for each key. */
static int take_word(const WordSyntax *syntax, char *word, uint64_t *seen, void *target, char **ret_problem) {
        char *value = strchr(word, '=');
        const char *problem = NULL;
        size_t i = 0;

        if (value)
                *value++ = '\0';
        while (i < syntax->n_keys && !streq(syntax->keys[i].name, word))
                i++;
        _cleanup_free_ char *known = known_keys(syntax), *escaped = string_escape(word);
        if (!known || !escaped)
                return -ENOMEM;

        if (i == syntax->n_keys)
                *ret_problem = xasprintf("unknown key \"%s\" (known: %s)", escaped, known);
        else if (!value)
                *ret_problem = xasprintf("key \"%s\" without a value", escaped);
        else if (*seen & UINT64_C(1) << i)
                *ret_problem = xasprintf("key \"%s\" given twice", escaped);
        else if ((problem = syntax->keys[i].set(target, value)))
                *ret_problem = xasprintf("%s %s", escaped, problem);
        else {
                *seen |= UINT64_C(1) << i;
                return 0;
        }
        return *ret_problem ? -EINVAL : -ENOMEM;
}

/* first: the key that the first word stands for when it is a bare value, or NULL. */
static int parse_words(const WordSyntax *syntax, const char *s, const char *first, void *target, Diag *diag) {
        _cleanup_strv_free_ char **words = NULL;
        _cleanup_free_ char *problem = NULL, *text = first ? strjoin(first, "=", s, NULL) : strdup(s);
        uint64_t seen = 0;

        if (!text)
                return -ENOMEM;
        int r = strv_split(text, ",", &words);
        if (r < 0)
                return r;
        if (strv_length(words) > WORDS_MAX)
                return word_error(syntax, s, diag, "too many keys");
        for (size_t i = 0; words[i]; i++) {
                r = take_word(syntax, words[i], &seen, target, &problem);
                if (r == -EINVAL)
                        return word_error(syntax, s, diag, problem);
                if (r < 0)
                        return r;
        }
        return 0;
}

int volume_parse(const char *s, Volume *ret, Diag *diag) {
        static const WordKey keys[] = {
                { "name", set_volume_name },           { "kind", set_volume_kind },
                { "source", set_volume_source },       { "readOnly", set_volume_read_only },
                { "recursive", set_volume_recursive }, { "mode", set_volume_mode },
                { "uid", set_volume_uid },             { "gid", set_volume_gid },
        };
        const WordSyntax syntax = { "volume", keys, ELEMENTSOF(keys) };
        _cleanup_(volume_done) Volume v;

        volume_init(&v);
        int r = parse_words(&syntax, s, "name", &v, diag);
        if (r < 0)
                return r;
        const char *problem = volume_problem(&v);
        if (problem)
                return word_error(&syntax, s, diag, problem);
        *ret = v;
        v = (Volume){};
        return 0;
}

int mount_parse(const char *s, Mount *ret, Diag *diag) {
        static const WordKey keys[] = {
                { "volume", set_mount_volume },
                { "target", set_mount_target },
                { "readOnly", set_mount_read_only },
        };
        const WordSyntax syntax = { "mount", keys, ELEMENTSOF(keys) };
        _cleanup_(mount_done) Mount m = { .read_only = -1 };

        int r = parse_words(&syntax, s, /* first= */ NULL, &m, diag);
        if (r < 0)
                return r;
        if (!m.volume)
                return word_error(&syntax, s, diag, "a volume is required: volume=NAME");
        if (!m.path)
                return word_error(&syntax, s, diag, "a target is required: target=PATH");
        *ret = m;
        m = (Mount){};
        return 0;
}
