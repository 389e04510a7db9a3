/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/json.h"
#include "basic/test.h"

static JsonDoc *parse(const char *text) {
        JsonDoc *d = NULL;
        Diag diag = {};

        int r = json_parse("f", text, strlen(text), 1024 * 1024, &d, &diag);
        if (r < 0)
                test_fail(__FILE__, __LINE__, "%s: %s", text, strempty(diag.message));
        CHECK(!diag_is_set(&diag));
        return d;
}

typedef struct BadText {
        const char *text;
        unsigned line, column;
        const char *message;
} BadText;

static const BadText bad_texts[] = {
        { "", 1, 1, "unexpected end of input" },
        { "  ", 1, 3, "unexpected end of input" },
        { "{", 1, 2, "unexpected end of input" },
        { "[1", 1, 3, "unexpected end of input" },
        { "[1,]", 1, 4, "unexpected character ']'" },
        { "[,1]", 1, 2, "unexpected character ','" },
        { "{\"a\":1,}", 1, 8, "unexpected character '}'" },
        { "{\"a\" 1}", 1, 6, "unexpected character '1'" },
        { "{a:1}", 1, 2, "unexpected character 'a'" },
        { "{'a':1}", 1, 2, "unexpected character '''" },
        { "['a']", 1, 2, "unexpected character '''" },
        { "{\n  \"a\": 1,\n  \"a\": 2\n}", 3, 3, "duplicate key \"a\"" },
        { "{\"a\":1,\"b\":{\"x\":1,\"y\":2,\"x\":3}}", 1, 25, "duplicate key \"x\"" },
        { "{\"a\":1,\"\\u0061\":2}", 1, 8, "duplicate key \"a\"" },
        { "{\"\":1,\"\":2}", 1, 7, "duplicate key \"\"" },
        { "{\"\\u001b[\":1,\"\\u001b[\":2}", 1, 14, "duplicate key \"\\x1b[\"" },
        { "[NaN]", 1, 2, "unexpected character 'N'" },
        { "[Infinity]", 1, 2, "unexpected character 'I'" },
        { "[-]", 1, 3, "unexpected character ']'" },
        { "[01]", 1, 2, "number with a leading zero" },
        { "[-012]", 1, 2, "number with a leading zero" },
        { "[+1]", 1, 2, "unexpected character '+'" },
        { "[1.]", 1, 4, "unexpected character ']'" },
        { "[.5]", 1, 2, "unexpected character '.'" },
        { "[1e]", 1, 4, "unexpected character ']'" },
        { "[0x10]", 1, 3, "unexpected character 'x'" },
        { "[1e309]", 1, 4, "exponent out of range" },
        { "[1e99999999999999999999]", 1, 4, "exponent out of range" },
        { "[123e307]", 1, 6, "exponent out of range" },
        { "[9223372036854775808]", 1, 2, "integer out of range" },
        { "[-9223372036854775809]", 1, 2, "integer out of range" },
        { "[99999999999999999999999999]", 1, 2, "integer out of range" },
        { "[0.1111111111111111111111111111111111111111111111111111111111111111111]", 1, 2,
          "number of more than 64 characters" },
        { "[tru]", 1, 2, "unexpected character 't'" },
        { "[TRUE]", 1, 2, "unexpected character 'T'" },
        { "[nullx]", 1, 6, "unexpected character 'x'" },
        { "\"a", 1, 3, "unexpected end of input in a string" },
        { "\"a\\", 1, 4, "unexpected end of input" },
        { "\"a\nb\"", 1, 3, "control character 0x0a in a string" },
        { "\"\x01\"", 1, 2, "control character 0x01 in a string" },
        { "\"\\x41\"", 1, 2, "unknown escape in a string" },
        { "\"\\u12g4\"", 1, 6, "unexpected character 'g'" },
        { "\"\\u12", 1, 6, "unexpected end of input" },
        { "\"\\u0000\"", 1, 2, "\\u0000 is not allowed in a string" },
        { "\"\\ud800\"", 1, 2, "lone surrogate \\ud800" },
        { "\"\\ud800x\"", 1, 2, "lone surrogate \\ud800" },
        { "\"\\ud800\\u0041\"", 1, 2, "lone surrogate \\ud800" },
        { "\"\\uDC00\"", 1, 2, "lone surrogate \\udc00" },
        { "\"\xff\"", 1, 2, "invalid UTF-8" },
        { "\"\xc0\xaf\"", 1, 2, "invalid UTF-8" },
        { "\"\xe0\x80\xaf\"", 1, 2, "invalid UTF-8" },
        { "\"\xed\xa0\x80\"", 1, 2, "invalid UTF-8" },
        { "\"\xf5\x80\x80\x80\"", 1, 2, "invalid UTF-8" },
        { "\"\xf4\x90\x80\x80\"", 1, 2, "invalid UTF-8" },
        { "\"\xe2\x82\"", 1, 2, "invalid UTF-8" },
        { "\"\xe2\x82", 1, 2, "invalid UTF-8" },
        { "\xef\xbb\xbf{}", 1, 1, "unexpected byte 0xef" },
        { "{} {}", 1, 4, "trailing data after the value" },
        { "1 2", 1, 3, "trailing data after the value" },
        { "[1] // x", 1, 5, "trailing data after the value" },
        { "/* x */ 1", 1, 1, "unexpected character '/'" },
        { "[\x7f]", 1, 2, "unexpected byte 0x7f" },
        { "[\v1]", 1, 2, "unexpected byte 0x0b" },
};

TEST(refuses_what_is_not_strict) {
        for (size_t i = 0; i < ELEMENTSOF(bad_texts); i++) {
                const BadText *b = &bad_texts[i];
                _cleanup_diag_ Diag diag = {};
                JsonDoc *d = (void *) 1;

                CHECK_INT(json_parse("f", b->text, strlen(b->text), 4096, &d, &diag), -EBADMSG);
                CHECK(d == (void *) 1);
                CHECK_STR(diag.message, b->message);
                CHECK_STR(diag.file, "f");
                CHECK_INT(diag.line, b->line);
                CHECK_INT(diag.column, b->column);
                CHECK_INT(diag.error, -EBADMSG);
                CHECK_INT(json_parse("f", b->text, strlen(b->text), 4096, &d, /* diag= */ NULL), -EBADMSG);
        }
}

TEST(refuses_nul_bytes) {
        _cleanup_diag_ Diag diag = {};
        JsonDoc *d;

        CHECK_INT(json_parse("f", "[1]\0", 4, 100, &d, &diag), -EBADMSG);
        CHECK_STR(diag.message, "trailing data after the value");
        CHECK_INT(json_parse("f", "\"a\0b\"", 5, 100, &d, &diag), -EBADMSG);
        CHECK_STR(diag.message, "control character 0x00 in a string");
        CHECK_INT(json_parse("f", "\"\\\0\"", 4, 100, &d, &diag), -EBADMSG);
        CHECK_STR(diag.message, "unknown escape in a string");
}

TEST(limits_size) {
        _cleanup_diag_ Diag diag = {};
        JsonDoc *d;

        CHECK_INT(json_parse("f", "[1234]", 6, 5, &d, &diag), -EFBIG);
        CHECK_STR(diag.message, "larger than 5 bytes");
        CHECK_STR(diag.file, "f");
        CHECK_INT(json_parse("f", "[1234]", 6, 6, &d, &diag), 0);
        json_doc_free(d);
}

TEST(limits_depth) {
        char text[2 * (JSON_DEPTH_MAX + 1) + 1] = {};
        _cleanup_diag_ Diag diag = {};
        JsonDoc *d;

        for (size_t n = JSON_DEPTH_MAX; n <= JSON_DEPTH_MAX + 1; n++) {
                memset(text, '[', n);
                memset(text + n, ']', n);
                int r = json_parse("f", text, 2 * n, 4096, &d, &diag);
                CHECK_INT(r, n > JSON_DEPTH_MAX ? -EBADMSG : 0);
                if (r == 0)
                        json_doc_free(d);
        }
        CHECK_STR(diag.message, "nesting deeper than 32");
        CHECK_INT(diag.column, 33);
}

static void check_count(const char *item, unsigned n, const char *message) {
        StringBuf b = {};
        Diag diag = {};
        JsonDoc *d;

        CHECK(string_buf_append(&b, "[") >= 0);
        for (unsigned i = 1; i < n; i++)
                CHECK(string_buf_printf(&b, "%s%s", i > 1 ? "," : "", item) >= 0);
        CHECK(string_buf_append(&b, "]") >= 0);
        CHECK_INT(json_parse("f", b.data, b.size, SIZE_MAX, &d, &diag), message ? -EBADMSG : 0);
        if (message)
                CHECK_STR(diag.message, message);
        else
                json_doc_free(d);
        diag_done(&diag);
        string_buf_done(&b);
}

TEST(limits_counts) {
        check_count("[]", JSON_CONTAINERS_MAX, NULL);
        check_count("{}", JSON_CONTAINERS_MAX + 1, "more than 65536 objects and arrays");
        check_count("0", JSON_VALUES_MAX, NULL);
        check_count("\"\"", JSON_VALUES_MAX + 1, "more than 524288 values");
}

TEST(deepest_scalar) {
        char text[2 * JSON_DEPTH_MAX + 2] = {};

        memset(text, '[', JSON_DEPTH_MAX);
        text[JSON_DEPTH_MAX] = '7';
        memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX);
        _cleanup_(json_doc_freep) JsonDoc *d = parse(text);
        _cleanup_free_ char *copy = json_to_text(json_doc_root(d));
        CHECK_STR(copy, text);
}

TEST(accepts_roots_of_every_type) {
        static const struct {
                const char *text;
                JsonType type;
                const char *name;
        } roots[] = {
                { "null", JSON_NULL, "null" },           { " true ", JSON_BOOLEAN, "boolean" },
                { "12", JSON_INTEGER, "number" },        { "-1.5e3", JSON_REAL, "number with a fraction" },
                { "\"x\"", JSON_STRING, "string" },      { "\t[]\r\n", JSON_ARRAY, "array" },
                { "{}", JSON_OBJECT, "object" },
        };

        for (size_t i = 0; i < ELEMENTSOF(roots); i++) {
                _cleanup_(json_doc_freep) JsonDoc *d = parse(roots[i].text);
                CHECK_INT(json_type(json_doc_root(d)), roots[i].type);
                CHECK_STR(json_type_name(roots[i].type), roots[i].name);
        }
}

TEST(text_without_terminator) {
        static const char text[] = { '[', '1', '2', ']', '3', '4' };
        JsonDoc *d;
        int64_t i;

        CHECK_INT(json_parse("f", text, 4, 100, &d, NULL), 0);
        CHECK_INT(json_length(json_doc_root(d)), 1);
        json_doc_free(d);

        CHECK_INT(json_parse("f", text + 4, 1, 100, &d, NULL), 0);
        CHECK_INT(json_integer(json_doc_root(d), &i), 0);
        CHECK_INT(i, 3);
        json_doc_free(d);
}

TEST(typed_access) {
        _cleanup_(json_doc_freep) JsonDoc *d = parse(
                "{\"s\": \"a\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\"\\\\\", \"i\": -9223372036854775808,"
                " \"j\": 9223372036854775807, \"b\": true, \"c\": false, \"n\": null, \"a\": [1, \"x\"], "
                "\"r\": 0.5}");
        const JsonValue *root = json_doc_root(d);
        int64_t i = 7;

        CHECK_INT(json_length(root), 8);
        CHECK_STR(json_string(json_get(root, "s")), "a\xc3\xa9\xf0\x9f\x98\x80/\b\f\n\r\t\"\\");
        CHECK_INT(json_integer(json_get(root, "i"), &i), 0);
        CHECK(i == INT64_MIN);
        CHECK_INT(json_integer(json_get(root, "j"), &i), 0);
        CHECK(i == INT64_MAX);
        CHECK_INT(json_integer(json_get(root, "r"), &i), -EINVAL);
        CHECK_INT(json_integer(json_get(root, "s"), &i), -EINVAL);
        CHECK_INT(json_boolean(json_get(root, "b")), 1);
        CHECK_INT(json_boolean(json_get(root, "c")), 0);
        CHECK_INT(json_boolean(json_get(root, "i")), -EINVAL);
        CHECK(!json_get(root, "n"));
        CHECK(!json_get(root, "absent"));
        CHECK(!json_get(json_get(root, "a"), "s"));
        CHECK(!json_string(root));
        CHECK_INT(json_length(json_get(root, "a")), 2);
        CHECK_STR(json_string(json_at(json_get(root, "a"), 1)), "x");
        CHECK(!json_at(json_get(root, "a"), 2));
        CHECK(!json_at(root, 0));
        CHECK_INT(json_length(json_get(root, "s")), 0);
}

TEST(depth) {
        _cleanup_(json_doc_freep) JsonDoc *a = parse("1"), *b = parse("[]"),
                                          *c = parse("{\"x\":1,\"y\":[{},[[]]]}");

        CHECK_INT(json_depth(json_doc_root(a)), 0);
        CHECK_INT(json_depth(json_doc_root(b)), 1);
        CHECK_INT(json_depth(json_doc_root(c)), 4);
        CHECK_INT(json_depth(NULL), 0);
}

static int collect(const char *key, const JsonValue *v, void *userdata) {
        char **keys = userdata;
        char *joined = strjoin(strempty(*keys), key, NULL);

        free(*keys);
        *keys = joined;
        return streq(key, "stop") ? -ECANCELED : 0;
}

TEST(foreach_in_document_order) {
        _cleanup_(json_doc_freep) JsonDoc *d = parse("{\"z\":1,\"a\":null,\"m\":[]}");
        _cleanup_(json_doc_freep) JsonDoc *e = parse("{\"x\":1,\"stop\":2,\"y\":3}");
        _cleanup_free_ char *keys = NULL, *more = NULL;

        CHECK_INT(json_foreach(json_doc_root(d), collect, &keys), 0);
        CHECK_STR(keys, "zam");
        CHECK_INT(json_foreach(json_doc_root(e), collect, &more), -ECANCELED);
        CHECK_STR(more, "xstop");
        CHECK_INT(json_foreach(json_get(json_doc_root(d), "m"), collect, &keys), -EINVAL);
}

TEST(keys_of_siblings_may_repeat) {
        _cleanup_(json_doc_freep) JsonDoc *d = parse(
                "[{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]},{\"a\":3,\"aa\":4,\"\":5}]");
        CHECK_INT(json_length(json_doc_root(d)), 2);
}

TEST(many_keys) {
        StringBuf b = {};
        Diag diag = {};
        JsonDoc *d;

        CHECK(string_buf_append(&b, "{") >= 0);
        for (unsigned i = 0; i < 5000; i++)
                CHECK(string_buf_printf(&b, "\"key%u\":{\"x\":%u},", i, i) >= 0);
        size_t size = b.size;
        CHECK(string_buf_append(&b, "\"last\":0}") >= 0);
        CHECK_INT(json_parse("f", b.data, b.size, 1 << 20, &d, NULL), 0);
        CHECK_INT(json_length(json_doc_root(d)), 5001);
        json_doc_free(d);

        b.size = size;
        CHECK(string_buf_append(&b, "\"key2500\":0}") >= 0);
        CHECK_INT(json_parse("f", b.data, b.size, 1 << 20, &d, &diag), -EBADMSG);
        CHECK_STR(diag.message, "duplicate key \"key2500\"");
        CHECK_INT(diag.column, size + 1);
        diag_done(&diag);
        string_buf_done(&b);
}

TEST(to_text_keeps_numbers) {
        static const char text[] = "{\"a\":[0.10,1e3,-7,12345678901234,true,null,\"\\u003c\\\"\"],\"b\":{}}";
        _cleanup_(json_doc_freep) JsonDoc *d = parse(text);
        _cleanup_free_ char *copy = json_to_text(json_doc_root(d));
        CHECK_STR(copy, text);
}

static char *write_sample(bool pretty) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;
        char *text = NULL;

        CHECK_INT(json_writer_new(pretty, &w), 0);
        json_write_object_begin(w, NULL);
        json_write_string(w, "name", "a<b>&\"\\\n\r\t\b\x7f\xe2\x80\xa8\xe2\x80\xa9\xc3\xa9\xff");
        json_write_integer(w, "i", INT64_MIN);
        json_write_array_begin(w, "list");
        json_write_boolean(w, NULL, true);
        json_write_null(w, NULL);
        json_write_object_begin(w, NULL);
        json_write_object_end(w);
        json_write_array_begin(w, NULL);
        json_write_array_end(w);
        json_write_array_end(w);
        json_write_raw(w, "raw", " { \"x\" : [ 1 , 2.50, \"<\\/\\u0041\" ] ,\n\"e\":{ }, \"f\":[] } ");
        json_write_string(w, "", NULL);
        json_write_object_end(w);
        CHECK_INT(json_writer_take(w, &text), 0);
        return text;
}

TEST(writes_as_go_marshal) {
        _cleanup_free_ char *text = write_sample(/* pretty= */ false);
        CHECK_STR(text,
                  "{\"name\":"
                  "\"a\\u003cb\\u003e\\u0026\\\"\\\\\\n\\r\\t\\u0008\x7f\\u2028\\u2029\xc3\xa9\\ufffd\","
                  "\"i\":-9223372036854775808,\"list\":[true,null,{},[]],"
                  "\"raw\":{\"x\":[1,2.50,\"\\u003c\\/\\u0041\"],\"e\":{},\"f\":[]},\"\":\"\"}");
}

TEST(writes_as_go_marshal_indent) {
        _cleanup_free_ char *text = write_sample(/* pretty= */ true);
        CHECK_STR(text,
                  "{\n"
                  "\t\"name\": "
                  "\"a\\u003cb\\u003e\\u0026\\\"\\\\\\n\\r\\t\\u0008\x7f\\u2028\\u2029\xc3\xa9\\ufffd\",\n"
                  "\t\"i\": -9223372036854775808,\n"
                  "\t\"list\": [\n"
                  "\t\ttrue,\n"
                  "\t\tnull,\n"
                  "\t\t{},\n"
                  "\t\t[]\n"
                  "\t],\n"
                  "\t\"raw\": {\n"
                  "\t\t\"x\": [\n"
                  "\t\t\t1,\n"
                  "\t\t\t2.50,\n"
                  "\t\t\t\"\\u003c\\/\\u0041\"\n"
                  "\t\t],\n"
                  "\t\t\"e\": {},\n"
                  "\t\t\"f\": []\n"
                  "\t},\n"
                  "\t\"\": \"\"\n"
                  "}");
}

static void write_unbalanced(JsonWriter *w, unsigned which) {
        switch (which) {
        case 0: /* nothing */
                break;
        case 1: /* not closed */
                json_write_array_begin(w, NULL);
                break;
        case 2: /* closed as something else */
                json_write_array_begin(w, NULL);
                json_write_object_end(w);
                break;
        case 3: /* two roots */
                json_write_null(w, NULL);
                json_write_null(w, NULL);
                break;
        case 4: /* member without a key */
                json_write_object_begin(w, NULL);
                json_write_null(w, NULL);
                json_write_object_end(w);
                break;
        case 5: /* key in an array */
                json_write_array_begin(w, NULL);
                json_write_null(w, "k");
                json_write_array_end(w);
                break;
        case 6: /* key at the root */
                json_write_null(w, "k");
                break;
        case 7:
                json_write_raw(w, NULL, "{\"a\":}");
                break;
        case 8:
                json_write_array_end(w);
                break;
        case 9: /* too deep */
                for (unsigned i = 0; i < 1000; i++)
                        json_write_array_begin(w, NULL);
                for (unsigned i = 0; i < 1000; i++)
                        json_write_array_end(w);
                break;
        }
}

TEST(writer_errors_stick) {
        for (unsigned i = 0; i < 10; i++) {
                _cleanup_(json_writer_freep) JsonWriter *w = NULL;
                char *text;

                CHECK_INT(json_writer_new(i % 2, &w), 0);
                write_unbalanced(w, i);
                CHECK_INT(json_writer_take(w, &text), -EINVAL);
        }
}

TEST(writer_is_reusable) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;
        _cleanup_free_ char *a = NULL, *b = NULL;

        CHECK_INT(json_writer_new(/* pretty= */ true, &w), 0);
        json_write_raw(w, NULL, " \"x\" ");
        CHECK_INT(json_writer_take(w, &a), 0);
        CHECK_STR(a, "\"x\"");
        json_write_raw(w, NULL, "[[],[1,{}]]");
        CHECK_INT(json_writer_take(w, &b), 0);
        CHECK_STR(b, "[\n\t[],\n\t[\n\t\t1,\n\t\t{}\n\t]\n]");
}

DEFINE_TEST_MAIN()
