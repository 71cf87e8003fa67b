namespace DistZO.Models.Tests.Chat;

/// <summary>Templates written for these tests in the manner of well-known ones, with the constructs that those use.</summary>
internal static class ChatShapes
{
    public const string ChatMl =
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /// <summary>LLaMA-2: the system message moves into the first user's turn; roles must alternate.</summary>
    public const string Llama2 = """
        {% if messages[0]['role'] == 'system' %}
        {% set rest = messages[1:] %}
        {% set system = messages[0]['content'] %}
        {% else %}
        {% set rest = messages %}
        {% set system = false %}
        {% endif %}
        {% for message in rest %}
        {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('Roles must alternate user/assistant/user/assistant/...') }}
        {% endif %}
        {% if loop.index0 == 0 and system != false %}
        {% set content = '<<SYS>>\n' + system + '\n<</SYS>>\n\n' + message['content'] %}
        {% else %}
        {% set content = message['content'] %}
        {% endif %}
        {% if message['role'] == 'user' %}
        {{- bos_token + '[INST] ' + content.strip() + ' [/INST]' -}}
        {% elif message['role'] == 'assistant' %}
        {{- ' ' + content.strip() + ' ' + eos_token -}}
        {% endif %}
        {% endfor %}
        """;

    /// <summary>LLaMA-3: headers, BOS with the first message only.</summary>
    public const string Llama3 =
        "{% set loop_messages = messages %}{% for message in loop_messages %}"
        + "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}"
        + "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";

    /// <summary>Mistral v0.3: a namespace counts turns, selectattr finds the last user, tools are JSON.</summary>
    public const string Mistral = """
        {%- if messages[0]["role"] == "system" %}
            {%- set system_message = messages[0]["content"] %}
            {%- set loop_messages = messages[1:] %}
        {%- else %}
            {%- set loop_messages = messages %}
        {%- endif %}
        {%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}

        {#- Turns alternate. #}
        {%- set ns = namespace() %}
        {%- set ns.index = 0 %}
        {%- for message in loop_messages %}
            {%- if not (message.role == "tool" or message.tool_calls is defined and message.tool_calls is not none) %}
                {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
                    {{- raise_exception("Conversation roles must alternate") }}
                {%- endif %}
                {%- set ns.index = ns.index + 1 %}
            {%- endif %}
        {%- endfor %}

        {{- bos_token }}
        {%- for message in loop_messages %}
            {%- if message["role"] == "user" %}
                {%- if tools is not none and (message == user_messages[-1]) %}
                    {{- "[AVAILABLE_TOOLS] " + tools|tojson + "[/AVAILABLE_TOOLS]" }}
                {%- endif %}
                {%- if loop.first and system_message is defined %}
                    {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
                {%- else %}
                    {{- "[INST] " + message["content"] + "[/INST]" }}
                {%- endif %}
            {%- elif message["role"] == "assistant" %}
                {{- " " + message["content"]|trim + eos_token }}
            {%- else %}
                {{- raise_exception("Only user and assistant roles are supported") }}
            {%- endif %}
        {%- endfor %}
        """;

    /// <summary>Vicuna: one line, a system message of its own, separators that differ by role.</summary>
    public const string Vicuna =
        "{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% set messages = messages[1:] %}"
        + "{% else %}{{ 'A chat.' }}{% endif %}"
        + "{% for m in messages %}{{ ' ' if m.role == 'user' or loop.first else '' }}"
        + "{{ {'user': 'USER: ', 'assistant': ' ASSISTANT: '}[m.role] ~ m.content }}"
        + "{{ eos_token if m.role == 'assistant' }}{% endfor %}"
        + "{% if add_generation_prompt %} ASSISTANT:{% endif %}";

    /// <summary>Zephyr: tags on lines of their own, which trim_blocks and lstrip_blocks make vanish.</summary>
    public const string Zephyr = """
        {% for message in messages %}
          {% if message['role'] == 'user' %}
        {{ '<|user|>\n' + message['content'] + eos_token }}
          {% elif message['role'] == 'system' %}
        {{ '<|system|>\n' + message['content'] + eos_token }}
          {% elif message['role'] == 'assistant' %}
        {{ '<|assistant|>\n'  + message['content'] + eos_token }}
          {% endif %}
          {% if loop.last and add_generation_prompt %}
        {{ '<|assistant|>' }}
          {% endif %}
        {% endfor %}
        """;

    /// <summary>Qwen3: goes backwards through the messages, and splits thoughts from answers.</summary>
    public const string Qwen3 = """
        {%- set ns = namespace(searching=true, last_query=messages|length - 1) %}
        {%- for message in messages[::-1] %}
            {%- set index = (messages|length - 1) - loop.index0 %}
            {%- if ns.searching and message.role == "user" and not message.content.startswith('<tool>') %}
                {%- set ns.searching = false %}
                {%- set ns.last_query = index %}
            {%- endif %}
        {%- endfor %}
        {%- for message in messages %}
            {%- if message.role == "assistant" %}
                {%- set content = message.content %}
                {%- set thoughts = '' %}
                {%- if message.reasoning_content is string %}
                    {%- set thoughts = message.reasoning_content %}
                {%- elif '</think>' in content %}
                    {%- set thoughts = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
                    {%- set content = content.split('</think>')[-1].lstrip('\n') %}
                {%- endif %}
                {{- '<|im_start|>' + message.role + '\n' }}
                {%- if loop.index0 > ns.last_query and (loop.last or thoughts) %}
                    {{- '<think>\n' + thoughts.strip('\n') + '\n</think>\n\n' }}
                {%- endif %}
                {{- content + '<|im_end|>\n' }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
            {%- if enable_thinking is defined and enable_thinking is false %}
                {{- '<think>\n\n</think>\n\n' }}
            {%- endif %}
        {%- endif %}
        """;
}
