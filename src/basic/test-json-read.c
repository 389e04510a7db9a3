/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/json-read.h"
#include "basic/strv.h"
#include "basic/test.h"

typedef struct Item {
        char *name;
        int64_t weight;
} Item;

typedef struct Box {
        char *name;
        bool open;
        char **words;
        Item *items;
        size_t n_items;
} Box;

static int read_weight(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        return json_read_integer(v, path, (JsonRange){ -1, 9 }, target, diag);
}

static const JsonField item_fields[] = {
        { "name", .type = JSON_STRING, .required = true, .offset = offsetof(Item, name),
         .read = json_read_string},
        { "weight", .type = JSON_INTEGER, .offset = offsetof(Item, weight), .read = read_weight},
};

static const JsonObjectSpec item_spec = { item_fields, ELEMENTSOF(item_fields), JSON_REFUSE_UNKNOWN };

static int read_item(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        return json_read_object(v, path, &item_spec, target, diag);
}

static int read_items(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        Box *b = target;
        const JsonArraySpec spec = {
                .item_size = sizeof(Item),
                .max = 4,
                .type = JSON_OBJECT,
                .read = read_item,
                .unique = true,
                .name_offset = offsetof(Item, name),
        };

        return json_read_items(v, path, &spec, (JsonArray){ &b->items, &b->n_items }, diag);
}

static int read_words(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        return json_read_strv(v, path, 3, target, diag);
}

static const JsonField box_fields[] = {
        { "name", .type = JSON_STRING, .required = true, .offset = offsetof(Box, name),
         .read = json_read_string},
        { "isOpen", .type = JSON_BOOLEAN, .offset = offsetof(Box, open), .read = json_read_boolean},
        { "skWords", "skwords", .type = JSON_ARRAY, .offset = offsetof(Box, words), .read = read_words},
        { "items", .type = JSON_ARRAY, .read = read_items},
};

static const JsonObjectSpec box_spec = { box_fields, ELEMENTSOF(box_fields), 0 };

static void box_done(Box *b) {
        free(b->name);
        strv_free(b->words);
        for (size_t i = 0; i < b->n_items; i++)
                free(b->items[i].name);
        free(b->items);
        *b = (Box){};
}

static int read_box(const char *text, Box *ret, Diag *diag) {
        _cleanup_(json_doc_freep) JsonDoc *d = NULL;

        CHECK_INT(json_parse("f", text, strlen(text), 4096, &d, NULL), 0);
        return json_read_object(json_doc_root(d), /* path= */ NULL, &box_spec, ret, diag);
}

TEST(reads_all_types) {
        _cleanup_(box_done) Box b = {};

        CHECK_INT(read_box("{\"other\":[{}],\"name\":\"n\",\"isOpen\":true,\"skWords\":[\"a\",\"b\"],"
                           "\"items\":[{\"name\":\"x\",\"weight\":-1},{\"name\":\"y\"}]}", &b, NULL), 0);
        CHECK_STR(b.name, "n");
        CHECK(b.open);
        CHECK_INT(strv_length(b.words), 2);
        CHECK_INT(b.n_items, 2);
        CHECK_INT(b.items[0].weight, -1);
        CHECK_STR(b.items[1].name, "y");
        CHECK_INT(b.items[1].weight, 0);
}

TEST(null_is_absent) {
        _cleanup_(box_done) Box b = {};

        CHECK_INT(read_box("{\"name\":\"n\",\"isOpen\":null,\"skwords\":null,\"items\":null}", &b, NULL), 0);
        CHECK(!b.open && !b.words && !b.items);
}

TEST(empty_arrays) {
        _cleanup_(box_done) Box b = {};

        CHECK_INT(read_box("{\"name\":\"n\",\"skwords\":[],\"items\":[]}", &b, NULL), 0);
        CHECK(b.words && !b.words[0]);
        CHECK(!b.items && b.n_items == 0);
}

TEST(messages_name_the_field) {
        static const char *const cases[][2] = {
                { "[]", "expected object, got array" },
                { "{}", "field \"name\": required, but missing" },
                { "{\"name\":null}", "field \"name\": required, but missing" },
                { "{\"name\":1}", "field \"name\": expected string, got number" },
                { "{\"name\":\"n\",\"isOpen\":\"yes\"}", "field \"isOpen\": expected boolean, got string" },
                { "{\"name\":\"n\",\"isopen\":true}", "field \"isopen\": must be written \"isOpen\"" },
                { "{\"NAME\":\"n\"}", "field \"NAME\": must be written \"name\"" },
                { "{\"name\":\"a\",\"Name\":\"b\"}", "field \"Name\": must be written \"name\"" },
                { "{\"name\":\"a\",\"s\\u212awords\":[]}",
                  "field \"s\xe2\x84\xaawords\": must be written \"skWords\"" },
                { "{\"name\":\"a\",\"\\u017fkwords\":[]}",
                  "field \"\xc5\xbfkwords\": must be written \"skWords\"" },
                { "{\"name\":\"a\",\"skWords\":[],\"skwords\":[]}",
                  "field \"skwords\": given twice, also as \"skWords\"" },
                { "{\"name\":\"a\",\"skwords\":[],\"skWords\":[]}",
                  "field \"skWords\": given twice, also as \"skwords\"" },
                { "{\"name\":\"n\",\"skWords\":{}}", "field \"skWords\": expected array, got object" },
                { "{\"name\":\"n\",\"skWords\":[\"a\",2.5]}",
                  "field \"skWords[1]\": expected string, got number with a fraction" },
                { "{\"name\":\"n\",\"skWords\":[\"a\",null]}",
                  "field \"skWords[1]\": expected string, got null" },
                { "{\"name\":\"n\",\"skWords\":[\"\",\"\",\"\",\"\"]}",
                  "field \"skWords\": more than 3 entries" },
                { "{\"name\":\"n\",\"items\":[{\"name\":\"a\"},7]}",
                  "field \"items[1]\": expected object, got number" },
                { "{\"name\":\"n\",\"items\":[{}]}", "field \"items[0].name\": required, but missing" },
                { "{\"name\":\"n\",\"items\":[{\"name\":\"a\",\"weight\":10}]}",
                  "field \"items[0].weight\": must be between -1 and 9" },
                { "{\"name\":\"n\",\"items\":[{\"name\":\"a\",\"weight\":1e0}]}",
                  "field \"items[0].weight\": expected integer, got number with a fraction" },
                { "{\"name\":\"n\",\"items\":[{\"name\":\"a\",\"color\\n\":1}]}",
                  "field \"items[0].color\\x0a\": unknown field" },
                { "{\"name\":\"n\",\"items\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"a\"}]}",
                  "field \"items\": duplicate name \"a\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(box_done) Box b = {};
                _cleanup_diag_ Diag diag = {};

                CHECK_INT(read_box(cases[i][0], &b, &diag), -EBADMSG);
                CHECK_STR(diag.message, cases[i][1]);
        }
}

TEST(paths) {
        const JsonPath a = { .key = "a" }, b = { .parent = &a, .index = 12 },
                       c = { .parent = &b, .key = "c.\x1b" };
        const JsonPath root = { .index = 3 };
        _cleanup_free_ char *x = json_path_format(&c), *y = json_path_format(NULL),
                            *z = json_path_format(&root);

        CHECK_STR(x, "a[12].c.\\x1b");
        CHECK_STR(y, "");
        CHECK_STR(z, "[3]");
}

DEFINE_TEST_MAIN()
