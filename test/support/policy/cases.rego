# Policies for the tests of the engine: one rule a behaviour, each an entry point.
package cases

context := input.request.context

# Whatever the test says is the decision.
echo := context.value

# Two complete rules that may disagree: OPA aborts the evaluation.
conflict := true if context.yes

conflict := false if context.no

# As much memory as the test says.
heavy if count(numbers.range(1, context.count)) == context.count

# Depends on data.
listed if input.request.key_id in data.cases_lists.allowed

# A careless policy: allows whatever is not forbidden.
careless if not context.blocked

inputless if not input.blocked

# trap.ts turns the body of this rule into an illegal instruction.
explode := context.bomb

trapped if not context.bomb

trapped if {
	context.bomb
	explode
}

# Builtins that the host supplies.
now := {"allow": true, "reason": json.marshal([time.now_ns(), time.now_ns()])}

weekday if time.weekday(context.ns)

prefixed if strings.any_prefix_match(context.name, {"a", "b"})

careless_time if not time.weekday(context.ns)

# The byte ff is no UTF-8; read leniently it would be the replacement character.
mangled if strings.any_prefix_match(base64.decode("/w=="), "\ufffd")
