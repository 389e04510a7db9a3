/* SPDX-License-Identifier: Apache-2.0 */

#include "pod/spec.h"

/* A user's pod manifest: what is written of it once it is complete can be read again, and is complete. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IMAGE                                                                                                \
        "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\",\"name\":\"example.com/"                     \
        "app\",\"app\":{\"exec\":["                                                                          \
        "\"/x\"],\"user\":\"0\",\"group\":\"0\",\"mountPoints\":[{\"name\":\"data\",\"path\":\"/data\"}]}}"
#define ID "sha512-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SIZE_MAX_FUZZED (64U * 1024)

static int complete(PodManifest *m, Diag *diag) {
        _cleanup_(image_manifest_freep) ImageManifest *image = NULL;
        _cleanup_free_ SpecImage *images = calloc(m->n_apps + 1, sizeof(SpecImage));

        if (!images || image_manifest_parse("image", IMAGE, strlen(IMAGE), &image, NULL) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < m->n_apps; i++)
                images[i] = (SpecImage) { .id = ID, .manifest = image };
        return pod_manifest_complete(m, images, diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(pod_manifest_freep) PodManifest *m = NULL, *again = NULL;
        _cleanup_free_ char *text = NULL;
        _cleanup_diag_ Diag diag = {};

        if (size > SIZE_MAX_FUZZED || pod_manifest_parse("pod", (const char *) data, size, &m, NULL) < 0)
                return 0;
        int r = complete(m, &diag);
        if (r < 0) {
                assert(r == -ENOMEM || diag_is_set(&diag));
                return 0;
        }

        assert(pod_manifest_format(m, /* pretty= */ false, &text) >= 0);
        assert(pod_manifest_parse("again", text, strlen(text), &again, &diag) >= 0);
        size_t n = again->n_volumes;
        assert(complete(again, &diag) >= 0);
        assert(again->n_volumes == n);
        return 0;
}
