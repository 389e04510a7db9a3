/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "image/ref.h"

/* Image references are read in the order of rkt's distribution points: an id; a known URL scheme; else a
 * path or an appc name. Path or name is a guess, made as rkt makes it: an absolute path; the name of a
 * regular file; a ":" speaks for a name (it separates the version); "./" within it or ".aci" at its end
 * speaks for a path. */

#define IMAGE_REF_MAX 8192U

typedef struct Scheme {
        const char *prefix;
        int (*parse)(const char *s, const char *rest, ImageRef *r, Diag *diag);
} Scheme;

void image_ref_done(ImageRef *r) {
        free(r->text);
        free(r->location);
        free(r->name);
        name_value_list_done(&r->labels);
        *r = (ImageRef) {};
}

static int ref_fail(const char *s, Diag *diag, const char *why) {
        _cleanup_free_ char *escaped = string_escape(s);

        return diag_set(diag, -EINVAL, "invalid image string \"%s\": %s", strempty(escaped), why);
}

/* %XX → byte, in place. Control characters, plain or encoded, are refused. */
static int percent_decode(char *s) {
        char *to = s;

        for (const char *from = s; *from; from++, to++) {
                char c = *from;

                if (c == '%') {
                        int high = parse_hex_digit(from[1]),
                            low = high < 0 ? -EINVAL : parse_hex_digit(from[2]);
                        if (low < 0)
                                return -EINVAL;
                        c = (char) (high << 4 | low);
                        from += 2;
                }
                if ((unsigned char) c < 0x20 || c == 0x7f)
                        return -EINVAL;
                *to = c;
        }
        *to = '\0';
        return 0;
}

static int take_path(const char *path, ImageRef *r, Diag *diag) {
        int e;

        e = path_make_absolute_cwd(path, &r->location);
        if (e < 0)
                return diag_errno(diag, e, "failed to get an absolute path for \"%s\"", path);
        path_simplify(r->location);
        r->kind = IMAGE_REF_PATH;
        return 0;
}

static int parse_file_url(const char *s, const char *rest, ImageRef *r, Diag *diag) {
        _cleanup_free_ char *path = NULL;
        const char *p;

        /* RFC 8089: the authority is empty or "localhost". */
        p = *rest == '/' ? rest : startswith(rest, "localhost");
        if (!p || *p != '/')
                return ref_fail(s, diag, "expected file:///PATH");
        path = strdup(p);
        if (!path)
                return -ENOMEM;
        if (percent_decode(path) < 0)
                return ref_fail(s, diag, "bad %-escape in the path");
        return take_path(path, r, diag);
}

static int parse_http_url(const char *s, const char *rest, ImageRef *r, Diag *diag) {
        size_t host = strcspn(rest, "/?#");

        if (host == 0 || rest[host - 1] == '@')
                return ref_fail(s, diag, "the URL names no host");
        for (const char *c = s; *c; c++)
                if ((unsigned char) *c <= 0x20 || (unsigned char) *c >= 0x7f || strchr("\"<>\\^`{|}", *c))
                        return ref_fail(s, diag, "the URL has a character that must be percent-encoded");
        r->location = strdup(s);
        if (!r->location)
                return -ENOMEM;
        r->kind = IMAGE_REF_URL;
        return 0;
}

static int take_unsupported(ImageRefKind kind, const char *s, const char *rest, ImageRef *r, Diag *diag) {
        if (isempty(rest))
                return ref_fail(s, diag, "nothing follows the scheme");
        r->location = strdup(s);
        if (!r->location)
                return -ENOMEM;
        r->kind = kind;
        return 0;
}

static int parse_docker(const char *s, const char *rest, ImageRef *r, Diag *diag) {
        return take_unsupported(IMAGE_REF_DOCKER, s, startswith(rest, "//") ?: rest, r, diag);
}

static int parse_oci(const char *s, const char *rest, ImageRef *r, Diag *diag) {
        return take_unsupported(IMAGE_REF_OCI, s, rest, r, diag);
}

static int parse_cimd(const char *s, const char *rest, ImageRef *r, Diag *diag) {
        return ref_fail(s, diag, "cimd: distribution points are not supported by this version");
}

static const Scheme schemes[] = {
        { "file://",  parse_file_url },
        { "http://",  parse_http_url },
        { "https://", parse_http_url },
        { "docker:",  parse_docker   },
        { "oci:",     parse_oci      },
        { "cimd:",    parse_cimd     },
};

static int parse_id(const char *s, ImageRef *r, Diag *diag) {
        _cleanup_free_ char *id = strdup(s);

        if (!id)
                return -ENOMEM;
        for (char *c = id; *c; c++)
                if (*c >= 'A' && *c <= 'F')
                        *c = (char) (*c - 'A' + 'a');
        if (!image_id_is_prefix(id))
                return ref_fail(s, diag, "an image ID is \"sha512-\" and 2 to 128 hexadecimal digits");
        r->location = TAKE_PTR(id);
        r->kind = IMAGE_REF_ID;
        return 0;
}

static int add_label(const char *s, const char *name, char *value, ImageRef *r, Diag *diag) {
        if (!ac_identifier_is_valid(name))
                return ref_fail(s, diag, "a label's name must be an AC Identifier");
        if (streq(name, "name"))
                return ref_fail(s, diag, "\"name\" can't be a label");
        if (name_value_list_get(&r->labels, name))
                return ref_fail(s, diag, "a label is given twice");
        if (percent_decode(value) < 0 || !utf8_is_valid(value, strlen(value)))
                return ref_fail(s, diag, "a label's value has a bad %-escape or character");
        if (isempty(value))
                return ref_fail(s, diag, "a label's value is empty");
        return name_value_list_set(&r->labels, name, value);
}

/* appc's "NAME[:VERSION][,LABEL=VALUE…]". */
static int parse_name(const char *s, ImageRef *r, Diag *diag) {
        _cleanup_strv_free_ char **parts = NULL;
        const char *colon = strchr(s, ':');
        char *version;
        int e;

        if (colon && (strchr(colon + 1, ':') || memchr(s, ',', (size_t) (colon - s))))
                return ref_fail(s, diag, "a \":\" may stand only once, right after the name");
        e = strv_split(s, ",", &parts);
        if (e < 0)
                return e;
        if (!parts || !parts[0])
                return ref_fail(s, diag, "it is empty");
        version = strchr(parts[0], ':');
        if (version)
                *version++ = '\0';
        if (!ac_identifier_is_valid(parts[0]) || strlen(parts[0]) > AC_NAME_MAX)
                return ref_fail(s, diag,
                                "the name must be an AC Identifier (lower-case letters, digits, and -._~/ "
                                "between them)");
        if (version) {
                e = add_label(s, "version", version, r, diag);
                if (e < 0)
                        return e;
        }
        STRV_FOREACH(part, parts + 1) {
                char *value = strchr(*part, '=');
                if (!value)
                        return ref_fail(s, diag, "expected LABEL=VALUE after the \",\"");
                *value++ = '\0';
                e = add_label(s, *part, value, r, diag);
                if (e < 0)
                        return e;
        }
        r->name = strdup(parts[0]);
        if (!r->name)
                return -ENOMEM;
        r->kind = IMAGE_REF_NAME;
        return 0;
}

static bool looks_like_path(const char *s) {
        struct stat st;

        if (path_is_absolute(s))
                return true;
        if (stat(s, &st) >= 0 && S_ISREG(st.st_mode))
                return true;
        if (strchr(s, ':'))
                return false;
        return strstr(s, "./") || endswith(s, ".aci");
}

static int parse_kind(const char *s, ImageRef *r, Diag *diag) {
        if (startswith(s, "sha512-"))
                return parse_id(s, r, diag);
        for (size_t i = 0; i < ELEMENTSOF(schemes); i++)
                if (startswith(s, schemes[i].prefix))
                        return schemes[i].parse(s, s + strlen(schemes[i].prefix), r, diag);
        if (looks_like_path(s))
                return take_path(s, r, diag);
        if (strstr(s, "://"))
                return ref_fail(s, diag, "only the URL schemes file, http, https, docker and oci are known");
        return parse_name(s, r, diag);
}

int image_ref_parse(const char *s, ImageRef *ret, Diag *diag) {
        _cleanup_(image_ref_done) ImageRef r = {};
        int e;

        if (isempty(s))
                return diag_set(diag, -EINVAL, "invalid image string \"\": it is empty");
        if (strlen(s) > IMAGE_REF_MAX)
                return diag_set(diag, -EINVAL, "invalid image string: it is longer than %u bytes",
                                IMAGE_REF_MAX);

        e = parse_kind(s, &r, diag);
        if (e < 0)
                return e;
        r.text = strdup(s);
        if (!r.text)
                return -ENOMEM;

        *ret = r;
        r = (ImageRef) {};
        return 0;
}
