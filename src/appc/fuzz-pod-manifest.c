/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/pod-manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_app(const PodManifest *m, const RuntimeApp *a) {
        assert(ac_name_is_valid(a->name) && strlen(a->name) <= APP_NAME_MAX);
        assert(image_id_is_prefix(a->image_id) && strlen(a->image_id) <= IMAGE_ID_LENGTH);
        assert(pod_manifest_find_app(m, a->name) == a);
        for (size_t i = 0; i < a->n_mounts; i++)
                assert(ac_name_is_valid(a->mounts[i].volume) && *a->mounts[i].path == '/');
}

static void check_volume(const PodManifest *m, const Volume *v) {
        assert(ac_name_is_valid(v->name));
        assert(volume_kind_to_string(v->kind));
        assert((v->kind == VOLUME_HOST) == (v->source && *v->source == '/'));
        assert(v->mode <= 07777 && v->uid != (uid_t) -1 && v->gid != (gid_t) -1);
        assert(pod_manifest_find_volume(m, v->name) == v);
}

/* A manifest that was read is written, in either style, as one that reads as the same. */
static void check_round_trip(const PodManifest *m) {
        _cleanup_free_ char *text = NULL;

        int r = pod_manifest_format(m, /* pretty= */ false, &text);
        assert(r == 0);
        for (unsigned pretty = 0; pretty <= 1; pretty++) {
                _cleanup_(pod_manifest_freep) PodManifest *again = NULL;
                _cleanup_free_ char *styled = NULL, *last = NULL;

                r = pod_manifest_format(m, pretty, &styled);
                assert(r == 0);
                r = pod_manifest_parse("again", styled, strlen(styled), &again, NULL);
                if (r == -EFBIG)
                        return;
                assert(r == 0);
                r = pod_manifest_format(again, /* pretty= */ false, &last);
                assert(r == 0 && streq(last, text));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL;
        _cleanup_diag_ Diag diag = {};

        int r = pod_manifest_parse("fuzz", (const char *) data, size, &m, &diag);
        assert(r == 0 || r == -EBADMSG || r == -EFBIG);
        assert((r < 0) == diag_is_set(&diag));
        if (r < 0) {
                assert(streq_ptr(diag.file, "fuzz") && strlen(diag.message) < 2048);
                return 0;
        }
        for (size_t i = 0; i < m->n_apps; i++)
                check_app(m, &m->apps[i]);
        for (size_t i = 0; i < m->n_volumes; i++)
                check_volume(m, &m->volumes[i]);
        check_round_trip(m);
        return 0;
}
