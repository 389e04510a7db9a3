/* SPDX-License-Identifier: Apache-2.0 */

#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "podfile/values.h"

/* The grammars of [Pod]. A volume is written anew from its checked parts, so that what is stored is
 * canonical. */

int parse_machine_name(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        _cleanup_free_ char *name = NULL;
        char **s = target;
        int r;

        r = podfile_value(p, value, &name);
        if (r <= 0)
                return r;
        if (!machine_name_is_valid(name))
                return podfile_bad_value(
                        p, key->name, name,
                        "is no valid name (labels of letters, digits and \"-\", separated by "
                        "single dots, 64 bytes at most)");
        free(*s);
        *s = TAKE_PTR(name);
        return 0;
}

static int net_add(PodFileParser *p, char ***nets, const char *word) {
        static const char name_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
        size_t n = strcspn(word, ":");

        if (streq(word, "host") || streq(word, "none"))
                return strv_contains(*nets, word) ? 0 : podfile_list_add(p, nets, word);
        if (n == 0 || strspn(word, name_chars) < n)
                return podfile_bad_value(p, "Net", word, "is no network name");
        return podfile_bad_value(p, "Net", word,
                                 "cannot be had: networks other than host and none are not supported by this "
                                 "version");
}

void reset_nets(PodFileParser *p, void *target) {
        p->net_position = p->position;
        reset_list(p, target);
}

int parse_net(PodFileParser *p, _unused_ const PodFileKey *key, void *target, const char *value) {
        _cleanup_strv_free_ char **words = NULL;
        int r;

        p->net_position = p->position;
        r = podfile_words(p, value, /* any_text= */ false, &words);
        if (r <= 0)
                return r;

        STRV_FOREACH(w, words) {
                r = net_add(p, target, *w);
                if (r < 0)
                        return r;
        }
        return 0;
}

typedef struct VolumeText {
        const char *name, *kind, *source, *mode, *uid, *gid;
        int read_only, recursive; /* 1, 0, -1: not given */
} VolumeText;

typedef struct VolumeField {
        const char *name;
        size_t offset;
        bool is_bool;
} VolumeField;

static const VolumeField volume_fields[] = {
        { "kind", offsetof(VolumeText, kind), false },
        { "source", offsetof(VolumeText, source), false },
        { "readOnly", offsetof(VolumeText, read_only), true },
        { "recursive", offsetof(VolumeText, recursive), true },
        { "mode", offsetof(VolumeText, mode), false },
        { "uid", offsetof(VolumeText, uid), false },
        { "gid", offsetof(VolumeText, gid), false },
};

static const VolumeField *volume_field_find(const char *name, size_t n) {
        for (size_t i = 0; i < ELEMENTSOF(volume_fields); i++)
                if (strlen(volume_fields[i].name) == n && strncmp(volume_fields[i].name, name, n) == 0)
                        return &volume_fields[i];
        return NULL;
}

/* The reason, or NULL. */
static const char *volume_set(VolumeText *v, const char *part) {
        size_t n = strcspn(part, "=");
        const VolumeField *f = volume_field_find(part, n);
        void *target;
        int b;

        if (part[n] != '=')
                return "each part after the name is KEY=VALUE";
        if (!f)
                return "the keys are kind, source, readOnly, recursive, mode, uid and gid";

        target = (char *) v + f->offset;
        part += n + 1;
        if (!f->is_bool) {
                if (*(const char **) target)
                        return "a key is given twice";
                *(const char **) target = part;
                return NULL;
        }
        if (*(int *) target >= 0)
                return "a key is given twice";
        b = parse_boolean(part);
        if (b < 0)
                return "readOnly and recursive are true or false";
        *(int *) target = b;
        return NULL;
}

static const char *volume_check_empty(const VolumeText *v) {
        mode_t mode;
        uid_t id;

        if (v->source)
                return "an empty volume has no source";
        if (v->mode && parse_mode(v->mode, &mode) < 0)
                return "mode is octal, at most 07777";
        if (v->uid && parse_uid(v->uid, &id) < 0)
                return "uid is a number";
        if (v->gid && parse_uid(v->gid, &id) < 0)
                return "gid is a number";
        return NULL;
}

static const char *volume_check(const VolumeText *v) {
        if (!app_name_is_valid(v->name))
                return "the name has lower-case letters, digits and single \"-\" between them";
        if (!v->kind)
                return "kind=host or kind=empty is missing";
        if (streq(v->kind, "empty"))
                return volume_check_empty(v);
        if (!streq(v->kind, "host"))
                return "kind is host or empty";
        if (!v->source)
                return "a host volume needs source=";
        if (!path_is_absolute(v->source))
                return "source is no absolute path";
        if (v->mode || v->uid || v->gid)
                return "mode, uid and gid are for empty volumes";
        return NULL;
}

static int volume_format(const VolumeText *v, char **ret) {
        static const char *const words[] = { "false", "true" };
        _cleanup_(string_buf_done) StringBuf b = {};
        int r;

        r = string_buf_printf(&b, "%s,kind=%s", v->name, v->kind);
        for (size_t i = 1; r >= 0 && i < ELEMENTSOF(volume_fields); i++) {
                const VolumeField *f = &volume_fields[i];
                const void *field = (const char *) v + f->offset;
                int given = f->is_bool ? *(const int *) field : -1;
                const char *text =
                        f->is_bool ? (given < 0 ? NULL : words[given]) : *(const char *const *) field;

                if (text)
                        r = string_buf_printf(&b, ",%s=%s", f->name, text);
        }
        if (r < 0)
                return r;

        *ret = string_buf_take(&b);
        return *ret ? 0 : -ENOMEM;
}

static bool volume_is_declared(char *const *volumes, const char *name) {
        size_t n = strlen(name);

        STRV_FOREACH(v, volumes)
                if (strncmp(*v, name, n) == 0 && (*v)[n] == ',')
                        return true;
        return false;
}

static int volume_add(PodFileParser *p, char ***volumes, const char *word) {
        _cleanup_free_ char *text = NULL, *escaped = string_escape(word);
        _cleanup_strv_free_ char **parts = NULL;
        VolumeText v = { .read_only = -1, .recursive = -1 };
        const char *reason = NULL;
        int r;

        r = strv_split(word, ",", &parts);
        if (r < 0 || !escaped)
                return -ENOMEM;

        v.name = parts[0];
        for (char **part = parts + 1; *part && !reason; part++)
                reason = volume_set(&v, *part);
        if (!reason)
                reason = volume_check(&v);
        if (reason)
                return podfile_error(p, "Volume=%s: %s", escaped, reason);
        if (volume_is_declared(*volumes, v.name))
                return podfile_error(p, "volume \"%s\" is declared twice", v.name);

        r = volume_format(&v, &text);
        return r < 0 ? r : podfile_list_add(p, volumes, text);
}

int parse_volume(PodFileParser *p, _unused_ const PodFileKey *key, void *target, const char *value) {
        _cleanup_strv_free_ char **words = NULL;
        int r;

        r = podfile_words(p, value, /* any_text= */ false, &words);
        if (r <= 0)
                return r;

        STRV_FOREACH(w, words) {
                r = volume_add(p, target, *w);
                if (r < 0)
                        return r;
        }
        return 0;
}

static const char *const insecure_names[] = {
        "none", "http", "image", "tls", "pubkey", "ondisk", "capabilities", "paths", "seccomp",
        "all-fetch", "all-run", "all",
};

static bool insecure_is_known(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(insecure_names); i++)
                if (streq(insecure_names[i], name))
                        return true;
        return false;
}

int parse_insecure_options(PodFileParser *p, _unused_ const PodFileKey *key, void *target,
                           const char *value) {
        _cleanup_strv_free_ char **names = NULL;
        int r;

        r = strv_split(value, ", \t", &names);
        if (r < 0)
                return r;

        p->insecure_position = p->position;
        STRV_FOREACH(name, names) {
                _cleanup_free_ char *escaped = string_escape(*name);

                if (!escaped)
                        return -ENOMEM;
                if (isempty(*name))
                        continue;
                if (!insecure_is_known(*name))
                        r = podfile_error(p, "InsecureOptions=: unknown option \"%s\"", escaped);
                else
                        r = podfile_list_add(p, target, *name);
                if (r < 0)
                        return r;
        }
        return 0;
}

int parse_on_unknown_key(PodFileParser *p, _unused_ const PodFileKey *key, _unused_ void *target,
                         const char *value) {
        if (!streq(value, "error") && !streq(value, "warn"))
                return podfile_bad_value(p, "OnUnknownKey", value, "is neither error nor warn");

        p->unknown_key_warns = streq(value, "warn");
        return 0;
}

/* Compares dotted numbers; what is missing counts as 0. -EINVAL: have or want is no such thing. */
static int version_compare(const char *have, const char *want, int *ret) {
        _cleanup_strv_free_ char **h = NULL, **w = NULL;
        char **a, **b;
        int r;

        r = strv_split(have, ".", &h);
        if (r >= 0)
                r = strv_split(want, ".", &w);
        if (r < 0)
                return r;

        *ret = 0;
        for (a = h, b = w; *a || *b; a += !!*a, b += !!*b) {
                uint32_t x = 0, y = 0;

                if ((*a && parse_u32(*a, &x) < 0) || (*b && parse_u32(*b, &y) < 0))
                        return -EINVAL;
                if (*ret == 0)
                        *ret = (x > y) - (x < y);
        }
        return 0;
}

int parse_min_version(PodFileParser *p, _unused_ const PodFileKey *key, _unused_ void *target,
                      const char *value) {
        int r, difference = 0;

        free(p->too_new.message);
        p->too_new = (PodFileNote) { .level = FINDING_ERROR, .position = p->position };

        r = version_compare(RKT_VERSION, value, &difference);
        if (r == -EINVAL)
                return podfile_bad_value(p, "MinVersion", value, "is no version, as \"" RKT_VERSION "\"");
        if (r < 0)
                return r;
        if (difference >= 0)
                return 0;

        p->too_new.message = xasprintf("this pod file needs rkt %s, this is %s", value, RKT_VERSION);
        return p->too_new.message ? 0 : -ENOMEM;
}
