package chat

// defaults are the forms of tuned models whose checkpoints carry no template.
var defaults = map[string]string{
	"chatml": "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}" +
		"{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
	"llama2": "{% set system = messages[0].role == 'system' %}{% for m in (messages[1:] if system else messages) %}" +
		"{% if m.role == 'user' %}{{ bos_token ~ '[INST] ' }}{% if loop.first and system %}" +
		"{{ '<<SYS>>\n' ~ messages[0].content.strip() ~ '\n<</SYS>>\n\n' }}{% endif %}{{ m.content.strip() ~ ' [/INST]' }}" +
		"{% elif m.role == 'assistant' %}{{ ' ' ~ m.content.strip() ~ ' ' ~ eos_token }}" +
		"{% else %}{{ raise_exception('role ' ~ m.role ~ ' is not known to this form') }}{% endif %}{% endfor %}",
	"llama3": "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content | trim }}<|eot_id|>{% endfor %}" +
		"{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
	"mistral": "{{ bos_token }}{% set ns = namespace(system='') %}{% for m in messages %}" +
		"{% if m.role == 'system' %}{% set ns.system = m.content ~ '\n\n' %}" +
		"{% elif m.role == 'user' %}{{ '[INST] ' ~ ns.system ~ m.content ~ ' [/INST]' }}{% set ns.system = '' %}" +
		"{% elif m.role == 'assistant' %}{{ m.content ~ eos_token }}" +
		"{% else %}{{ raise_exception('role ' ~ m.role ~ ' is not known to this form') }}{% endif %}{% endfor %}",
	"vicuna": "{% set system = messages[0].role == 'system' %}{{ (messages[0].content if system else " +
		"\"A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.\") ~ ' ' }}" +
		"{% for m in (messages[1:] if system else messages) %}{% if m.role == 'user' %}{{ 'USER: ' ~ m.content ~ ' ' }}" +
		"{% elif m.role == 'assistant' %}{{ 'ASSISTANT: ' ~ m.content ~ eos_token }}" +
		"{% else %}{{ raise_exception('role ' ~ m.role ~ ' is not known to this form') }}{% endif %}{% endfor %}" +
		"{% if add_generation_prompt %}ASSISTANT:{% endif %}",
	"alpaca": "{% set system = messages[0].role == 'system' %}{{ (messages[0].content if system else " +
		"'Below is an instruction that describes a task. Write a response that appropriately completes the request.') ~ '\n\n' }}" +
		"{% for m in (messages[1:] if system else messages) %}{% if m.role == 'user' %}{{ '### Instruction:\n' ~ m.content ~ '\n\n' }}" +
		"{% elif m.role == 'assistant' %}{{ '### Response:\n' ~ m.content ~ eos_token ~ '\n\n' }}" +
		"{% else %}{{ raise_exception('role ' ~ m.role ~ ' is not known to this form') }}{% endif %}{% endfor %}" +
		"{% if add_generation_prompt %}### Response:{% endif %}",
	"zephyr": "{% for m in messages %}{{ '<|' ~ m.role ~ '|>\n' ~ m.content ~ eos_token ~ '\n' }}{% endfor %}" +
		"{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}",
	"openassistant": "{% for m in messages %}{{ {'user': '<|prompter|>', 'assistant': '<|assistant|>', 'system': '<|system|>'}[m.role] ~ m.content ~ eos_token }}{% endfor %}" +
		"{% if add_generation_prompt %}<|assistant|>{% endif %}",
}
