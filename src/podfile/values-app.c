/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>

#include "basic/path-util.h"
#include "podfile/values.h"

/* The grammars of [App]. What names something that may be declared later (a volume, another app) is also kept
 * as a reference with its position, for check.c. */

int parse_app_name(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        _cleanup_free_ char *name = NULL;
        char **s = target;
        int r;

        r = podfile_value(p, value, &name);
        if (r <= 0)
                return r;
        if (!app_name_is_valid(name))
                return podfile_bad_value(p, key->name, name,
                                         "is no valid app name (lower-case letters, digits, and single \"-\" "
                                         "between them)");
        free(*s);
        *s = TAKE_PTR(name);
        return 0;
}

bool podfile_image_is_remote(const char *image) {
        return startswith(image, "http://") || startswith(image, "https://");
}

const char *podfile_image_path(const char *image) {
        if (startswith(image, "file://"))
                return image + strlen("file://");
        return path_is_absolute(image) ? image : NULL;
}

static bool is_hex(const char *s) {
        return strspn(s, "0123456789abcdefABCDEF") == strlen(s);
}

/* NAME[:VERSION][,LABEL=VALUE…]; the name is an appc identifier: parts of letters and digits with one
 * separator between them. */
static bool image_name_is_valid(const char *s) {
        bool separated = true;

        for (; *s && *s != ':' && *s != ','; s++) {
                bool alnum = islower((unsigned char) *s) || isdigit((unsigned char) *s);

                if (!alnum && (separated || !strchr("-._~/", *s)))
                        return false;
                separated = !alnum;
        }
        return !separated && !strpbrk(s, " \t");
}

/* Why the reference is refused, or NULL. */
static const char *image_check(const char *image) {
        const char *path = podfile_image_path(image), *hex = startswith(image, "sha512-");

        if (startswith(image, "docker:") || startswith(image, "oci:"))
                return "docker and OCI images are not supported by this version";
        if (path)
                return path_is_absolute(path) && path[1] ? NULL : "no absolute path of a file";
        if (podfile_image_is_remote(image))
                return strpbrk(image, " \t\"\\")
                               ? "white space, quotes and backslashes are not allowed in a URL"
                               : NULL;
        if (strstr(image, "://"))
                return "unknown kind of URL; known are file://, http:// and https://";
        if (strstr(image, "@sha"))
                return "digests after \"@\" are not supported by this version";
        if (hex)
                return strlen(hex) >= 2 && strlen(hex) <= 128 && is_hex(hex)
                               ? NULL
                               : "an image id is \"sha512-\" and 2 "
                                 "to 128 hexadecimal digits";
        if (image[0] == '.' || endswith(image, ".aci"))
                return "a path must be absolute";
        return image_name_is_valid(image) ? NULL : "neither a path, a URL, an image id nor an image name";
}

/* Kept even if wrong, so that it is not reported as missing too. */
int parse_image(PodFileParser *p, _unused_ const PodFileKey *key, void *target, const char *value) {
        _cleanup_free_ char *image = NULL, *escaped = NULL;
        const char *reason;
        char **s = target;
        int r;

        r = podfile_value(p, value, &image);
        if (r < 0)
                return r;
        if (r == 0)
                image = strdup("");
        escaped = image ? string_escape(image) : NULL;
        if (!escaped)
                return -ENOMEM;

        reason = r > 0 ? image_check(image) : NULL;
        free(*s);
        *s = TAKE_PTR(image);
        return reason ? podfile_error(p, "Image=%s: %s", escaped, reason) : 0;
}

static int mount_store(PodFileParser *p, PodFileApp *app, const char *volume, const char *target,
                       bool read_only) {
        _cleanup_free_ char *text = NULL;
        int r;

        text = strjoin("volume=", volume, ",target=", target, NULL);
        if (!text)
                return -ENOMEM;
        r = podfile_reference_add(p, REFERENCE_VOLUME, volume);
        if (r >= 0)
                r = podfile_list_add(p, &app->mounts, text);
        if (r >= 0 && read_only)
                r = podfile_list_add(p, &app->read_only_mounts, target);
        return r;
}

static bool mount_has_target(const PodFileApp *app, const char *target) {
        STRV_FOREACH(m, app->mounts) {
                const char *t = strstr(*m, ",target=");

                if (t && streq(t + strlen(",target="), target))
                        return true;
        }
        return false;
}

/* VOLUME:TARGET[:ro]. A target cannot have "," or ":": appc's and this syntax have no way to write them. */
static int mount_add(PodFileParser *p, PodFileApp *app, const char *word) {
        _cleanup_free_ char *escaped = string_escape(word);
        _cleanup_strv_free_ char **parts = NULL;
        const char *reason = NULL;
        size_t n;
        int r;

        r = strv_split(word, ":", &parts);
        if (r < 0 || !escaped)
                return -ENOMEM;

        n = strv_length(parts);
        if (n < 2 || n > 3)
                reason = "write VOLUME:TARGET or VOLUME:TARGET:ro";
        else if (!app_name_is_valid(parts[0]))
                reason = "the volume's name has lower-case letters, digits and single \"-\" between them";
        else if (!path_is_absolute(parts[1]) || strchr(parts[1], ','))
                reason = "the target is an absolute path without \",\"";
        else if (n == 3 && !streq(parts[2], "ro") && !streq(parts[2], "rw"))
                reason = "the mode is ro or rw";
        else if (mount_has_target(app, parts[1]))
                reason = "something is mounted on this target already";
        if (reason)
                return podfile_error(p, "Mount=%s: %s", escaped, reason);
        return mount_store(p, app, parts[0], parts[1], n == 3 && streq(parts[2], "ro"));
}

int parse_mount(PodFileParser *p, _unused_ const PodFileKey *key, void *target, const char *value) {
        _cleanup_strv_free_ char **words = NULL;
        int r;

        r = podfile_words(p, value, /* any_text= */ false, &words);
        if (r <= 0)
                return r;

        STRV_FOREACH(w, words) {
                r = mount_add(p, target, *w);
                if (r < 0)
                        return r;
        }
        return 0;
}

void reset_mounts(PodFileParser *p, void *target) {
        PodFileApp *app = target;

        podfile_reference_drop(p, REFERENCE_VOLUME);
        app->mounts = strv_free(app->mounts);
        app->read_only_mounts = strv_free(app->read_only_mounts);
}

static int add_app_names(PodFileParser *p, PodFileReferenceKind kind, char ***list, const char *value) {
        const char *key = kind == REFERENCE_AFTER ? "After" : "Requires";
        _cleanup_strv_free_ char **words = NULL;
        int r;

        r = podfile_words(p, value, /* any_text= */ false, &words);
        if (r <= 0)
                return r;

        STRV_FOREACH(w, words) {
                if (!app_name_is_valid(*w)) {
                        r = podfile_bad_value(p, key, *w, "is no valid app name");
                        if (r < 0)
                                return r;
                        continue;
                }
                if (strv_contains(*list, *w))
                        continue;
                r = podfile_reference_add(p, kind, *w);
                if (r >= 0)
                        r = podfile_list_add(p, list, *w);
                if (r < 0)
                        return r;
        }
        return 0;
}

int parse_after(PodFileParser *p, _unused_ const PodFileKey *key, void *target, const char *value) {
        PodFileApp *app = target;

        return add_app_names(p, REFERENCE_AFTER, &app->after, value);
}

int parse_requires(PodFileParser *p, _unused_ const PodFileKey *key, void *target, const char *value) {
        PodFileApp *app = target;

        return add_app_names(p, REFERENCE_REQUIRES, &app->requires, value);
}

void reset_after(PodFileParser *p, void *target) {
        PodFileApp *app = target;

        podfile_reference_drop(p, REFERENCE_AFTER);
        app->after = strv_free(app->after);
}

void reset_requires(PodFileParser *p, void *target) {
        PodFileApp *app = target;

        podfile_reference_drop(p, REFERENCE_REQUIRES);
        app->requires = strv_free(app->requires);
}

int parse_restart(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        static const char *const words[] = {
                "no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog", NULL,
        };
        char **s = target, *copy;

        if (!strv_contains((char *const *) words, value))
                return podfile_bad_value(
                        p, key->name, value,
                        "is none of no, always, on-success, on-failure, on-abnormal, on-abort, "
                        "on-watchdog");
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*s);
        *s = copy;
        return 0;
}

/* The suffix of a Kubernetes quantity: a multiplier, or a decimal exponent. */
static bool quantity_suffix_is_valid(const char *s) {
        static const char *const suffixes[] = {
                "",  "n", "u",  "m",  "k",  "K",  "M",  "G",  "T",
                "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", NULL,
        };
        size_t digits;

        if (strv_contains((char *const *) suffixes, s))
                return true;
        if (*s != 'e' && *s != 'E')
                return false;
        s++;
        s += *s == '+' || *s == '-';
        digits = strspn(s, "0123456789");
        return digits >= 1 && digits <= 2 && s[digits] == '\0';
}

static bool quantity_is_valid(const char *s) {
        size_t whole = strspn(s, "0123456789"), part = 0;
        const char *rest = s + whole;

        if (*rest == '.') {
                part = strspn(rest + 1, "0123456789");
                rest += 1 + part;
        }
        /* not just zeros: a limit of nothing */
        return whole + part > 0 && whole + part <= 18 && strcspn(s, "123456789") < (size_t) (rest - s) &&
               quantity_suffix_is_valid(rest);
}

int parse_quantity(PodFileParser *p, const PodFileKey *key, void *target, const char *value) {
        char **s = target, *copy;

        if (!quantity_is_valid(value))
                return podfile_bad_value(p, key->name, value,
                                         streq(key->name, "CPU")
                                                 ? "is no quantity above 0, as \"500m\" or \"1.5\""
                                                 : "is no quantity above 0, as \"64M\" or \"512Mi\"");
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*s);
        *s = copy;
        return 0;
}
