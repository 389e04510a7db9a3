/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/pod-manifest.h"
#include "appc/quantity.h"
#include "basic/path-util.h"
#include "basic/strv.h"

/* The short texts: names, ids, quantities, volumes, mounts. One input is given to all of them. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Accepted names are safe as paths: no segment is empty, "." or "..", no byte is special to anything. */
static void check_names(const char *s) {
        bool identifier = ac_identifier_is_valid(s), name = ac_name_is_valid(s);
        char *sanitized;

        if (name)
                assert(identifier && filename_is_valid(strlen(s) > 255 ? "x" : s) && !strpbrk(s, "./~_"));
        if (identifier) {
                _cleanup_strv_free_ char **segments = NULL;

                int r = strv_split(s, "/", &segments);
                assert(r == 0);
                STRV_FOREACH(p, segments)
                        assert(**p && !streq(*p, ".") && !streq(*p, ".."));
                assert(strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-._~/") == strlen(s));
                assert(path_is_normalized(s) && !path_is_absolute(s) && strlen(s) <= AC_NAME_MAX);
        }

        int r = ac_name_sanitize(s, &sanitized);
        assert(r == 0 || r == -EINVAL);
        if (r == 0) {
                assert(ac_name_is_valid(sanitized) && strlen(sanitized) <= APP_NAME_MAX);
                assert(!name || strlen(s) > APP_NAME_MAX || streq(sanitized, s));
                free(sanitized);
        }
        if (ac_name_from_image(s, &sanitized) == 0) {
                assert(ac_name_is_valid(sanitized));
                free(sanitized);
        }
}

static void check_image_id(const char *s) {
        if (image_id_is_valid(s))
                assert(image_id_is_prefix(s) && strlen(s) == IMAGE_ID_LENGTH);
        if (image_id_is_prefix(s))
                assert(filename_is_valid(s) && strspn(s + 7, "0123456789abcdefABCDEF") == strlen(s) - 7);
}

/* The canonical form means the same, and is its own canonical form. */
static void check_quantity(const char *s) {
        _cleanup_free_ char *canonical = NULL, *again = NULL;
        int64_t milli, same;

        int r = quantity_parse_milli(s, &milli, NULL);
        assert(r == quantity_canonical(s, &canonical, NULL));
        if (r < 0) {
                assert(r == -EINVAL);
                return;
        }
        assert(milli != INT64_MIN);
        r = quantity_parse_milli(canonical, &same, NULL);
        assert(r == 0 && same == milli);
        r = quantity_canonical(canonical, &again, NULL);
        assert(r == 0 && streq(again, canonical));
}

static void check_volume(const char *s) {
        Volume v = {};
        Mount m = {};

        int r = volume_parse(s, &v, NULL);
        assert(r == 0 || r == -EINVAL);
        if (r == 0)
                assert(ac_name_is_valid(v.name) && (v.kind == VOLUME_HOST) == (v.source && *v.source == '/'));
        volume_done(&v);

        r = mount_parse(s, &m, NULL);
        assert(r == 0 || r == -EINVAL);
        if (r == 0)
                assert(ac_name_is_valid(m.volume) && *m.path == '/');
        mount_done(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *s = strndup((const char *) data, size);

        assert(s);
        check_names(s);
        check_image_id(s);
        check_quantity(s);
        check_volume(s);
        return 0;
}
