/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/fs-util.h"
#include "basic/json.h"
#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "layout/pods.h"
#include "layout/stage1.h"

/* The entrypoints that a stage1 image names in its manifest's annotations, as paths within its root. They are
 * executed outside of the pod: nothing but a plain absolute path is taken. */

#define STAGE1_MANIFEST_MAX (4U * 1024 * 1024)

static const struct {
        const char *annotation;
        size_t offset;
} entrypoint_rows[] = {
        { STAGE1_ANNOTATION_RUN, offsetof(Stage1Entrypoints, run) },
        { STAGE1_ANNOTATION_ENTER, offsetof(Stage1Entrypoints, enter) },
        { STAGE1_ANNOTATION_GC, offsetof(Stage1Entrypoints, gc) },
        { STAGE1_ANNOTATION_STOP, offsetof(Stage1Entrypoints, stop) },
};

static int set_path(Stage1Entrypoints *e, size_t offset, const char *name, const char *value, Diag *diag) {
        char **member = (char **) ((char *) e + offset);

        if (!path_is_absolute(value) || !path_is_normalized(value) || streq(value, "/"))
                return diag_set(diag, -EBADMSG,
                                "annotation \"%s\" of the stage1 image is not an absolute path",
                                name);
        free(*member);
        *member = strdup(value);
        return *member ? 0 : -ENOMEM;
}

static int set_annotation(Stage1Entrypoints *e, const char *name, const char *value, Diag *diag) {
        uint32_t version;

        if (streq(name, STAGE1_ANNOTATION_INTERFACE_VERSION)) {
                if (parse_u32(value, &version) < 0 || version == 0)
                        return diag_set(diag, -EBADMSG,
                                        "annotation \"%s\" of the stage1 image is not a number",
                                        name);
                e->interface_version = version;
                return 0;
        }
        for (size_t i = 0; i < ELEMENTSOF(entrypoint_rows); i++)
                if (streq(name, entrypoint_rows[i].annotation))
                        return set_path(e, entrypoint_rows[i].offset, name, value, diag);
        return 0;
}

static int read_annotations(const JsonValue *list, Stage1Entrypoints *e, Diag *diag) {
        for (size_t i = 0; i < json_length(list); i++) {
                const JsonValue *item = json_at(list, i);
                const char *name = json_string(json_get(item, "name"));
                const char *value = json_string(json_get(item, "value"));
                int r;

                if (!name || !value)
                        return diag_set(diag, -EBADMSG, "stage1 manifest: bad annotation");
                r = set_annotation(e, name, value, diag);
                if (r < 0)
                        return r;
        }
        return 0;
}

void stage1_entrypoints_done(Stage1Entrypoints *e) {
        free(e->run);
        free(e->enter);
        free(e->gc);
        free(e->stop);
        *e = (Stage1Entrypoints) {};
}

int stage1_entrypoints_load(int pod_fd, Stage1Entrypoints *ret, Diag *diag) {
        _cleanup_(stage1_entrypoints_done) Stage1Entrypoints e = { .interface_version = 1 };
        _cleanup_(json_doc_freep) JsonDoc *doc = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = file_read_at(pod_fd, POD_STAGE1_MANIFEST, STAGE1_MANIFEST_MAX, &text, &size);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the stage1 image's manifest");
        r = json_parse("stage1/manifest", text, size, STAGE1_MANIFEST_MAX, &doc, diag);
        if (r < 0)
                return r;
        r = read_annotations(json_get(json_doc_root(doc), "annotations"), &e, diag);
        if (r < 0)
                return r;
        if (!e.run)
                return diag_set(diag, -EBADMSG, "stage1 image has no entrypoint \"%s\"",
                                STAGE1_ANNOTATION_RUN);

        *ret = e;
        e = (Stage1Entrypoints) {};
        return 0;
}
