/* SPDX-License-Identifier: Apache-2.0 */

#include "cli/list-format.h"

int output_format_parse(const char *s, OutputFormat *ret, Diag *diag) {
        static const char *const names[] = {
                [OUTPUT_TABBED] = "",
                [OUTPUT_JSON] = "json",
                [OUTPUT_JSON_PRETTY] = "json-pretty",
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (streq(strempty(s), names[i])) {
                        *ret = (OutputFormat) i;
                        return 0;
                }

        return diag_set(diag, -EINVAL, "--format: \"%s\" is neither json nor json-pretty", s);
}

char *list_timestamp(usec_t t, bool full, usec_t now) {
        if (t == 0)
                return strdup("");

        return full ? format_timestamp(t) : format_ago(t, now);
}

static const char *app_state(const PodStatus *s, const AppStatus *a) {
        if (a->exit_code >= 0)
                return "exited";
        if (s->state == POD_RUNNING)
                return "running";
        if (s->state <= POD_PREPARED)
                return "created";

        return "unknown";
}

static void write_app(const PodStatus *s, const AppStatus *a, JsonWriter *w) {
        json_write_object_begin(w, NULL);
        json_write_string(w, "name", a->name);
        json_write_string(w, "state", app_state(s, a));
        if (a->exit_code >= 0)
                json_write_integer(w, "exit_code", a->exit_code);
        json_write_string(w, "image_id", strempty(a->image_id));
        json_write_object_end(w);
}

void pod_write_json(const PodStatus *s, JsonWriter *w) {
        json_write_object_begin(w, NULL);
        json_write_string(w, "name", s->uuid);
        json_write_string(w, "state", pod_state_to_string(s->state));

        if (s->n_apps > 0) {
                json_write_array_begin(w, "app_names");
                for (size_t i = 0; i < s->n_apps; i++)
                        json_write_string(w, NULL, s->apps[i].name);
                json_write_array_end(w);

                json_write_array_begin(w, "apps");
                for (size_t i = 0; i < s->n_apps; i++)
                        write_app(s, &s->apps[i], w);
                json_write_array_end(w);
        }

        if (s->created > 0)
                json_write_integer(w, "created_at", (int64_t) (s->created / USEC_PER_SEC));
        if (s->started > 0)
                json_write_integer(w, "started_at", (int64_t) (s->started / USEC_PER_SEC));
        json_write_object_end(w);
}

int json_writer_print(JsonWriter *w, Diag *diag) {
        _cleanup_free_ char *text = NULL;

        int r = json_writer_take(w, &text);
        if (r < 0)
                return diag_errno(diag, r, "cannot format the list");

        printf("%s\n", text);
        return 0;
}
