/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/image-manifest.h"
#include "appc/isolators.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the readers of isolators may answer to text that was JSON once. */
static void check_isolators(const IsolatorList *l) {
        AppLimits limits;
        SeccompSet seccomp = {};
        uint64_t mask;
        bool b;

        int r = isolators_get_limits(l, &limits, NULL);
        assert(r == 0 || r == -EBADMSG);
        r = isolators_get_capabilities(l, /* all= */ false, &mask, NULL);
        assert(r == 0 || r == -EBADMSG);
        r = isolators_get_seccomp(l, &seccomp, NULL);
        assert(r == 0 || r == -EBADMSG);
        seccomp_set_done(&seccomp);
        r = isolators_get_no_new_privileges(l, &b, NULL);
        assert(r == 0 || r == -EBADMSG);
}

static void check_app(const App *a) {
        App *copy = NULL;

        assert(a->user && *a->user && a->group && *a->group);
        assert(!a->working_directory || *a->working_directory == '/');
        for (size_t i = 0; i < a->n_mount_points; i++)
                assert(ac_name_is_valid(a->mount_points[i].name) && *a->mount_points[i].path == '/');
        check_isolators(&a->isolators);
        int r = app_copy(a, &copy);
        assert(r == 0);
        app_free(copy);
}

/* A manifest that was read is written, in either style, as one that reads as the same. */
static void check_round_trip(const ImageManifest *m) {
        _cleanup_free_ char *text = NULL;

        int r = image_manifest_format(m, /* pretty= */ false, &text);
        assert(r == 0);
        for (unsigned pretty = 0; pretty <= 1; pretty++) {
                _cleanup_(image_manifest_freep) ImageManifest *again = NULL;
                _cleanup_free_ char *styled = NULL, *last = NULL;

                r = image_manifest_format(m, pretty, &styled);
                assert(r == 0);
                r = image_manifest_parse("again", styled, strlen(styled), &again, NULL);
                if (r == -EFBIG)
                        return;
                assert(r == 0);
                r = image_manifest_format(again, /* pretty= */ false, &last);
                assert(r == 0 && streq(last, text));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(image_manifest_freep) ImageManifest *m = NULL;
        _cleanup_diag_ Diag diag = {};

        int r = image_manifest_parse("fuzz", (const char *) data, size, &m, &diag);
        assert(r == 0 || r == -EBADMSG || r == -EFBIG);
        assert((r < 0) == diag_is_set(&diag));
        if (r < 0) {
                assert(streq_ptr(diag.file, "fuzz") && strlen(diag.message) < 2048);
                return 0;
        }
        assert(ac_identifier_is_valid(m->name));
        if (m->app)
                check_app(m->app);
        r = image_manifest_check_platform(m, NULL);
        assert(r == 0 || r == -EBADMSG);
        check_round_trip(m);
        return 0;
}
