"""Renders chat templates and Jinja snippets with transformers' own environment.

Writes chat/jinja/testdata/snippets.json (our snippets with their texts) and
chat/jinja/testdata/published.json (what published templates give; the templates
themselves are read from the folder of shared data, given as the argument).
"""

import datetime
import hashlib
import json
import pathlib
import sys

from transformers.utils import chat_template_utils

REPO = pathlib.Path(__file__).resolve().parents[2]
OUT = REPO / "chat" / "jinja" / "testdata"
NOW = datetime.datetime(2024, 7, 6, 9, 5, 3)

SNIPPETS = r"""
{{ true }}|{{ none }}|{{ 1.0 }}|{{ 1e16 }}|{{ 1e-5 }}|{{ 0.1 + 0.2 }}|{{ 7 // 2 }}|{{ -7 // 2 }}|{{ -7 % 3 }}|{{ 7 / 2 }}|{{ 2 ** 10 }}|{{ -2 ** 2 }}|{{ 2 ** -1 }}
{{ [1, 'a', "it's", none, true, 1.5] }}|{{ (1,) }}|{{ () }}|{{ {'a': [1, {'b': 2}]} }}|{{ 'tab\tnl\n' ~ ['\t\n\\é\x07'] }}
{{ "a" "b" }}|{{ 'a' ~ 1 ~ none }}|{{ 'ab' * 3 }}|{{ 3 * 'ab' }}|{{ [1] * 2 + [3] }}|{{ 'a' + 'b' }}
{{ 1 < 2 < 3 }}|{{ 1 < 2 > 5 }}|{{ 1 == 1.0 }}|{{ 'a' in 'cat' }}|{{ 'x' not in ['x'] }}|{{ 'k' in d }}|{{ 3 in [1,2] }}
{{ not true and false or true }}|{{ '' or 'x' }}|{{ 'a' and 'b' }}|{{ 'y' if s else 'n' }}|{{ 'y' if not s }}|
{{ d.k }}|{{ d['k'] }}|{{ d.items() | list }}|{{ d.missing }}|{{ d.missing is defined }}|{{ d['x'] is undefined }}|{{ l[0] }}|{{ l[-1] }}|{{ l[9] is defined }}|{{ l.0 }}
{{ l[1:] }}|{{ l[:-1] }}|{{ l[::-1] }}|{{ l[::2] }}|{{ s[1:3] }}|{{ s[::-1] }}|{{ l[5:] }}|{{ s[-3:] }}|{{ l[-100:100:3] }}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.length }}{{ x }};{% else %}none{% endfor %}
{% for x in [] %}a{% else %}empty{% endfor %}|{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}|{% for c in 'héj' %}{{ c }}.{% endfor %}
{% for x in l if x > 1 %}{{ loop.index }}:{{ x }}/{{ loop.length }} {% endfor %}|{% for x in l %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}
{% set x = 1 %}{% for i in l %}{% set x = x + i %}{{ x }},{% endfor %}{{ x }}|{% if true %}{% set x = 9 %}{% endif %}{{ x }}
{% set ns = namespace(n=0, s='') %}{% for i in l %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}{{ ns.s }}{{ ns.z is defined }}
{% macro m(a, b=2, c='x') %}[{{ a }}{{ b }}{{ c }}{{ varargs }}{{ kwargs }}]{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m(1, 2, 3, 4, z=5) }}{{ m() }}
{% macro m(x) %}{{ caller(x + 1) }}{% endmacro %}{% call(y) m(1) %}y={{ y }}{% endcall %}
{% macro fact(n) %}{% if n <= 1 %}1{% else %}{{ n * fact(n - 1) | int }}{% endif %}{% endmacro %}{{ fact(5) }}
{% set t %}  some {{ s }} {% endset %}[{{ t }}]|{% set u | upper | trim %} abc {% endset %}[{{ u }}]|{% filter upper %}x{{ s }}{% endfilter %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}|{% set t = 1, 2 %}{{ t }}|{% for a, b in [(1, 2), [3, 4]] %}{{ a + b }} {% endfor %}
{% with a = 1, b = s %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}|{% generation %}gen {{ s }}{% endgeneration %}|{% raw %}{{ x }} {% if %}{% endraw %}|
{{ s | upper }}|{{ s | title }}|{{ 'hello wORLD foo-bar' | title }}|{{ 'hELLO' | capitalize }}|{{ '  x ' | trim }}|{{ 'xxaxx' | trim('x') }}|{{ l | length }}|{{ s | length }}|{{ d | length }}
{{ l | first }}{{ l | last }}|{{ l | join(', ') }}|{{ l | sum }}|{{ [3, 1, 2] | sort }}|{{ ['b', 'A', 'c'] | sort }}|{{ ['b', 'A', 'c'] | sort(case_sensitive=true) }}|{{ [1, 2, 3] | sort(reverse=true) }}|{{ l | reverse | list }}|{{ s | reverse }}
{{ u | map(attribute='n') | list }}|{{ u | selectattr('a', 'gt', 1) | map(attribute='n') | join(',') }}|{{ u | rejectattr('a') | list }}|{{ u | selectattr('n', 'equalto', 'x') | list | length }}|{{ u | sort(attribute='n') | map(attribute='n') | list }}|{{ u | groupby('a') | list | length }}
{{ [1, none, 2] | select | list }}|{{ [1, none, 2] | reject('none') | list }}|{{ ['a', 'b'] | map('upper') | list }}|{{ [1, 2, 3, 4] | select('odd') | list }}|{{ ['a', 'A', 'b'] | unique | list }}
{{ x | default('d') }}|{{ '' | default('d') }}|{{ '' | default('d', true) }}|{{ none | default('d') }}|{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}
{{ d | tojson }}|{{ u | tojson(indent=2) }}|{{ [] | tojson(indent=4) }}|{{ {} | tojson }}|{{ 'é"\\\n\u2028' | tojson }}|{{ 'é😀' | tojson(ensure_ascii=true) }}|{{ d | tojson(separators=(',', ':')) }}|{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}|{{ 1.0 | tojson }}|{{ {1: 2, none: true} | tojson }}
{{ '3' | int }}|{{ 'x' | int(7) }}|{{ 3.9 | int }}|{{ '3.7' | int }}|{{ '2.5' | float }}|{{ 3 | float }}|{{ 2.5 | round }}|{{ 3.14159 | round(2) }}|{{ 2.1 | round(0, 'ceil') }}|{{ -3 | abs }}|{{ 42 | string }}
{{ '<a>&"' | escape }}|{{ '<b>' | safe }}|{{ '<a>' + ('<b>' | safe) }}|{{ '<a>' ~ ('<b>' | safe) }}|{{ ('<b>' | safe) | length }}
{{ d | items | list }}|{{ d | dictsort }}|{{ d.keys() | list }}|{{ d.values() | list }}|{{ d.get('k') }}|{{ d.get('q') }}|{{ d.get('q', 5) }}|{{ d | list }}
{{ ' a b '.strip() }}|{{ 'a,b,c'.split(',') }}|{{ ' a  b '.split() }}|{{ 'a b c d'.split(' ', 1) }}|{{ 'a,b,c'.rsplit(',', 1) }}|{{ ' a b c '.split(none, 1) }}|{{ ' a b c '.rsplit(none, 1) }}|{{ 'xay'.lstrip('x') }}|{{ 'xay'.rstrip('y') }}
{{ s.startswith('h') }}|{{ s.endswith(('o', 'x')) }}|{{ 'aXbX'.replace('X', '-', 1) }}|{{ s.upper() }}|{{ 'hello there'.title() }}|{{ 'aBC'.capitalize() }}|{{ 'hello'.find('l') }}|{{ 'hello'.rfind('l') }}|{{ 'hello'.find('z') }}|{{ 'hello'.count('l') }}|{{ '-'.join(['a', 'b']) }}|{{ '12'.isdigit() }}|{{ 'aé'.isalpha() }}
{{ 'a\nb\r\nc'.splitlines() }}|{{ 'ab'.center(7, '*') }}|{{ 'ab'.center(6) }}|{{ 'ab'.zfill(5) }}|{{ 'ab'.ljust(4) }}|{{ 'a=b=c'.partition('=') }}|{{ 'abc'.removeprefix('a') }}|{{ '{} {0}'.replace('{0}', '') }}|{{ '{}-{}'.format(1, 'x') }}|{{ '%s %d %.2f %%' % ('a', 3, 2.5) }}|{{ '%5.1f' | format(3.14159) }}
{{ x is defined }}|{{ s is string }}|{{ l is sequence }}|{{ l is iterable }}|{{ d is mapping }}|{{ none is none }}|{{ 1 is number }}|{{ true is boolean }}|{{ true is number }}|{{ 1 is integer }}|{{ true is integer }}|{{ 1.0 is float }}|{{ 3 is odd }}|{{ 4 is divisibleby 2 }}|{{ 1 is in [1] }}|{{ s is not none }}|{{ false is false }}|{{ range is callable }}|{{ s is mapping }}|{{ 5 is eq 5 }}|{{ d is iterable }}|{{ 1 is iterable }}
{{ range(5) | list }}|{{ range(2, 8, 3) | list }}|{{ range(3, 0, -1) | list }}|{{ dict(a=1, b=2) }}|{{ dict([('x', 1)]) }}|{{ [1, 2] | batch(2) | list }}|{{ [1, 2, 3] | batch(2, 0) | list }}|{{ l | max }}{{ l | min }}|{{ l | slice(2) | list }}
{{ strftime_now('%d %b %Y %H:%M:%S %A %B %y %j %%') }}|{{ strftime_now('%-d/%-m %p %I') }}
{% for x in l recursive %}{{ x }}{% if x == 1 %}({{ loop([8, 9]) }}){% endif %}{% endfor %}|{% for x in [1, 1, 2] %}{{ loop.changed(x) }}{{ loop.cycle('a', 'b') }}{{ loop.previtem }}{{ loop.nextitem }} {% endfor %}
{{ missing }}|{% for x in missing %}a{% endfor %}|{{ missing is none }}|{{ missing | length }}|{{ missing | list }}|{{ missing == missing2 }}|{{ [] == [] }}|{{ {'a': 1} == {'a': 1.0} }}|{{ (1, 2) == [1, 2] }}
{{ missing.x }}
{{ missing + 1 }}
{{ none.x }}|{{ none.x is defined }}
{{ 'a' + 1 }}
{{ l.append(4) }}
{{ d.update({'a': 1}) }}
{{ d.__class__ }}|{{ s.__class__ is defined }}|{{ l.append is defined }}|{{ d._x is defined }}
{{ raise_exception('no') }}
{{ 1 / 0 }}
{{ range(1000000) | list }}
{{ {'a': 1}['b'] }}|{{ 'abc'[1] }}|{{ 'abc'[7] }}|{{ {'items': 5}['items'] }}
{{ missing() }}
{{ l | nofilter }}
{% if l is notest %}{% endif %}
{% unknown %}
{{ 'unclosed }}
{% for x in l %}
{% endif %}
{{ l | tojson | length }}|{{ undefined_thing | tojson }}
{{ 1 if false }}|{{ (1 if false) is defined }}|{{ 'a' if true else 'b' if true else 'c' }}|{{ [1, 2,] }}|{{ {'a': 1,} }}|{{ (1, 2,) }}
{{ 1 - 1 }}|{{ 1-1 }}|{{- ' x ' -}}|{{ -1 | abs }}|{{ - 1 }}|{{ l[-1] - 1 }}|{{ 10 | string | length }}|{{ 'a' | upper ~ 'b' }}|{{ 'a' ~ 'b' | upper }}
{{ 'hello world foo' | truncate(10) }}|{{ 'hello world' | wordcount }}|{{ 'abc' | replace('b', 'X') }}|{{ 'a' | center(5) }}|{{ [[1, 2], [3]] | sum(start=[]) }}|{{ 'A' is upper }}|{{ 'b' is lower }}|{{ ['a', 'b'] | join }}|{{ u | join('-', attribute='n') }}
{{ 0x1f }}|{{ 1_000 }}|{{ 'a\
b' }}|{{ '\u00e9\x41\101\q' }}|{{ 12345678901234567 * 1.0 }}|{{ 100000.0 * 10 }}|{{ 1.5e3 }}
"""

SPACED = [
    "a\n  {% if true %}\n  b\n  {% endif %}\nc\n",
    "  {%- if true -%}  \n x  {%- endif -%}\n y\n\n",
    "  {%+ if true %}\nx{% endif +%}\n y",
    "x {# comment #}\n y\n  {# c -#}  \n z{#- d #}",
    "{{ 'a' }}\n{{ 'b' -}}\n  c\n",
    "a  {% set x = 1 %}  b\n\t{% set y = 2 %}\nc\r\nd\re\n\n\n",
    "{% for i in [1,2] %}\n  {{ i }}\n{% endfor %}\n",
    "  {% raw %}\n {{ }} \n  {% endraw %}\nb",
    "{%- set x -%}\n  y  \n{%- endset -%}\n[{{ x }}]",
    "a {%- if 1 %} b {% endif -%} c",
    "{{ {'a': {'b': 1}}.a.b }}{{ '}}' }}{% if '%}' %}x{% endif %}",
]

CONTEXT = {"s": "hello", "l": [1, 2, 3], "d": {"k": "v", "n": 1, "z": None},
           "u": [{"n": "x", "a": 1}, {"n": "b", "a": 2}, {"n": "c", "a": 0}]}

TOOLS = [{"type": "function", "function": {"name": "weather", "description": "Tells the weather.", "parameters": {
    "type": "object", "properties": {"city": {"type": "string", "description": "A city, e.g. \"Oslo\""},
                                     "days": {"type": "integer", "enum": [1, 7]}}, "required": ["city"]}}}]
CALL = {"id": "call00001", "type": "function", "function": {"name": "weather", "arguments": {"city": "Oslo", "days": 1}}}
USER = {"role": "user", "content": " What is <it> & \"why\"? \n"}
CHATS = {
    "one": {"messages": [USER]},
    "system": {"messages": [{"role": "system", "content": "Be brief."}, USER]},
    "turns": {"messages": [USER, {"role": "assistant", "content": "An answer.\n"}, {"role": "user", "content": "And é 你好 🙂?"}]},
    "closed": {"messages": [USER, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nAn answer."}], "add_generation_prompt": False},
    "tools": {"messages": [{"role": "system", "content": "Be brief."}, USER], "tools": TOOLS},
    "called": {"messages": [USER, {"role": "assistant", "content": "", "tool_calls": [CALL]},
                            {"role": "tool", "name": "weather", "tool_call_id": "call00001", "content": "{\"sky\": \"blue\"}"}], "tools": TOOLS},
    "nullcall": {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": [CALL]},
                              {"role": "tool", "name": "weather", "tool_call_id": "call00001", "content": "rain"},
                              {"role": "assistant", "content": "Rain."}, USER], "tools": TOOLS},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "Look:"}, {"type": "image"}]}]},
    "thinking": {"messages": [USER, {"role": "assistant", "reasoning_content": "hm", "content": "Yes."}, USER], "enable_thinking": False},
}


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def render(template, context):
    """The text, or None where the reference refuses."""
    try:
        compiled = chat_template_utils._cached_compile_jinja_template(template)
        return compiled.render(**context)
    except Exception:
        return None


def short(text):
    """Texts of some length are kept by their digest."""
    if text is None or len(text) <= 300:
        return text
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def main():
    chat_template_utils.datetime = Clock
    OUT.mkdir(parents=True, exist_ok=True)
    snippets = [s for s in SNIPPETS.strip().replace("\\\nb", "\0").split("\n")]
    snippets = [s.replace("\0", "\\\nb") for s in snippets] + SPACED
    cases = [{"template": s, "want": render(s, CONTEXT)} for s in snippets]
    (OUT / "snippets.json").write_text(json.dumps({"context": CONTEXT, "cases": cases}, ensure_ascii=False, indent=1) + "\n")
    if len(sys.argv) < 2:
        return
    api = pathlib.Path(sys.argv[1]) / "data" / "api"
    out = {"chats": CHATS, "want": {}}
    for path in sorted((api / "chat-templates").glob("*.jinja")):
        for name, chat in CHATS.items():
            context = {"bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": True, "tools": None, **chat}
            out["want"][f"{path.name}:{name}"] = short(render(path.read_text(), context))
    strings = json.loads((api / "jinja-hf" / "templates_test.json").read_text())
    for name, template in strings["TEST_STRINGS"].items():
        out["want"]["strings:" + name] = short(render(template, strings["TEST_CONTEXT"][name]))
    (OUT / "published.json").write_text(json.dumps(out, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
