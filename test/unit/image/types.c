/* SPDX-License-Identifier: Apache-2.0 */
/* image/check_btf: types that a reader could get lost in. */
#include <bpf/btf.h>
#include <errno.h>

#include "base/cleanup.h"
#include "harness.h"
#include "image/check_btf.h"

static struct skbscope_error error;

/* Takes the types. */
static int judge(struct btf *btf)
{
	struct skbscope_image image = { 0 };
	int r;

	image.btf = btf__raw_data(btf, &image.btf_size);
	memset(&error, 0, sizeof(error));
	r = check_btf(&image, &error);
	btf__free(btf);
	return r;
}

TEST(a_list_that_points_to_itself_is_no_circle)
{
	struct btf *btf = btf__new_empty();
	int constant;

	btf__add_struct(btf, "list", 8); /* 1 */
	btf__add_field(btf, "next", 2, 0, 0);
	btf__add_ptr(btf, 3);
	constant = btf__add_const(btf, 1);
	CHECK_NUMBER(constant, 3);
	CHECK_NUMBER(judge(btf), 0);
	CHECK_TEXT(error.message, "");
}

TEST(a_struct_inside_itself_is_refused)
{
	struct btf *btf = btf__new_empty();

	btf__add_struct(btf, "snake", 8); /* 1 */
	btf__add_field(btf, "tail", 2, 0, 0);
	btf__add_typedef(btf, "snake_t", 1);
	CHECK_NUMBER(judge(btf), -EBADMSG);
	CHECK_CONTAINS(error.message, "contains itself");
}

TEST(a_name_made_of_itself_is_refused)
{
	struct btf *pointers = btf__new_empty(), *names = btf__new_empty();

	btf__add_ptr(pointers, 2);
	btf__add_ptr(pointers, 1);
	CHECK_NUMBER(judge(pointers), -EBADMSG);
	btf__add_typedef(names, "a", 2);
	btf__add_typedef(names, "b", 1);
	CHECK_NUMBER(judge(names), -EBADMSG);
}

TEST(an_array_of_itself_is_refused)
{
	struct btf *btf = btf__new_empty();

	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_array(btf, 1, 2, 3);
	CHECK_NUMBER(judge(btf), -EBADMSG);
}

TEST(types_nested_like_a_matryoshka_are_refused)
{
	for (int depth = 60; depth < 80; depth += 19) {
		struct btf *btf = btf__new_empty();

		btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
		for (int i = 1; i < depth; i++)
			btf__add_const(btf, i);
		CHECK_NUMBER(judge(btf), depth == 60 ? 0 : -EBADMSG);
	}
}

TEST(a_member_outside_of_its_struct_is_refused)
{
	struct btf *behind = btf__new_empty(), *wide = btf__new_empty(), *none = btf__new_empty();

	btf__add_int(behind, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(behind, "flow", 8);
	btf__add_field(behind, "late", 1, 48, 0);
	CHECK_NUMBER(judge(behind), -EBADMSG);
	CHECK_CONTAINS(error.message, "outside of its struct");
	btf__add_int(wide, "int", 4, BTF_INT_SIGNED);
	btf__add_struct(wide, "bits", 8);
	btf__add_field(wide, "field", 1, 0, 33);
	CHECK_NUMBER(judge(wide), -EBADMSG);
	btf__add_fwd(none, "unknown", BTF_FWD_STRUCT);
	btf__add_struct(none, "holder", 8);
	btf__add_field(none, "held", 1, 0, 0);
	CHECK_NUMBER(judge(none), -EBADMSG);
}

TEST(a_reference_to_a_type_that_is_not_there_is_refused)
{
	struct btf *btf = btf__new_empty();

	btf__add_ptr(btf, 99);
	CHECK_NUMBER(judge(btf), -EBADMSG);
	CHECK_CONTAINS(error.message, "damaged"); /* newer libbpf sees it before we do */
}
