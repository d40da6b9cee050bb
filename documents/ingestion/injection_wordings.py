# ruff: noqa: E501 - a wording stands on one line
"""Wordings of orders to a language model, by what they are after, in several languages.

They are compared with text in small letters. A wording that people also use among themselves weighs 1, one that only
makes sense towards a model weighs 2.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Signal(NamedTuple):
    """A wording. `hints`: one of them stands in every text that the pattern finds, in small letters."""

    family: str
    weight: int
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def signal(family: str, weight: int, hints: str, pattern: str) -> Signal:
    """A wording from its hints, joined by "|", and its pattern."""
    return Signal(family, weight, tuple(hints.split("|")), re.compile(pattern))


_ORDERS_EN = (
    r"(?:instruct\w+|prompts?|commands?|directives?|directions?|guidelines?|rules?|orders|programming|training|context)"
)
_BEFORE_EN = r"(?:previous|prior|above|earlier|preceding|foregoing|existing|original|initial|former)"
_AI_EN = (
    r"(?:a\.?i\.?(?:[ -](?:models?|agents?|bots?|assistants?|systems?|tools?))?|llms?|(?:large )?language models?|"
    r"chat ?bots?|chatgpt|gpt(?:-\d\w*)?|claude|copilot|gemini)"
)
_MODEL_EN = rf"(?:{_AI_EN}|(?:virtual |digital )?assistants?|models?)"
_TELL_EN = (
    r"(?:say|print|output|write|repl(?:y|ies)|respond|answer|tell|state|claim|recommend|return|generate|translate)"
)

SIGNALS: tuple[Signal, ...] = (
    # Leaving what was said before.
    signal(
        "override", 2, "ignore|disregard|forget|override|bypass",
        r"\b(?<!not )(?<!never )(?:ignore|disregard|forget|override|bypass)\s+(?:absolutely\s+)?"
        rf"(?:(?:all|any|every|each)(?:\s+of)?(?:\s+(?:the|your|my|these|those))?|your)\s+(?:{_BEFORE_EN}(?:\s+(?:and|or)\s+\w+)?\s+)?"
        rf"(?:(?:system|safety|security|content|ethical|default)\s+)?{_ORDERS_EN}(?:\s+(?:you\s+(?:got|received|were\s+given)|given|above|before|so\s+far))?"
        r"(?!\s+(?:\w+\s+){0,3}(?:regarding|concerning|about|dated|issued|sent|on|from|for|in)\b)",
    ),
    signal(
        "override", 2, "ignore|disregard|forget",
        rf"(?:^|[.!?:;…\n\"“'*]\s*|\bplease\s+|\bnow\s+|\bmust\s+)(?:ignore|disregard|forget)\s+{_BEFORE_EN}\s+{_ORDERS_EN}\b",
    ),
    signal(
        "override", 1, "ignore|disregard|forget|override",
        rf"\b(?:ignore|disregard|forget)\s+(?:all\s+)?(?:of\s+)?(?:the\s+)?{_ORDERS_EN}\s+(?:above|before|given)\b|\b(?:ignore|disregard|forget|override)\b[^.!?\n]{{0,30}}\b(?:{_BEFORE_EN}|all|your|every\w*)\b[^.!?\n]{{0,25}}\b{_ORDERS_EN}\b",
    ),
    signal(
        "override", 1, "forget|ignore|stop|halt|never mind|nevermind|disregard",
        r"\b(?:forget|ignore|disregard)\s+everything\b|\b(?:stop|halt)\s+everything\b|\bnever ?mind\b[.!…\s]{1,4}",
    ),
    signal(
        "override", 2, "ignor|vergiss|vergessen|missacht",
        r"\b(?:ignorier\w*|vergiss|vergessen sie|missacht\w+)\s+(?:(?:bitte|ab sofort|jetzt|sofort|nun)\s+)*"
        r"(?:alle|sämtliche|jede|deine|die|ihre|meine)?\s*(?:(?:deine|ihre|bisher|zuvor|oben|vorher|vorab)\s+)?"
        r"(?:\w*(?:vorherig|bisherig|vorig|obig|früher|vorangegangen|vorangehend|vorstehend|gegeben|genannt|erhalten|ursprünglich)\w*\s+)"
        r"(?:system)?(?:anweisung|instruktion|befehl|regel|vorgabe|prompt|anordnung|richtlinie)\w*",
    ),
    signal(
        "override", 2, "ignor|olvid|descart",
        r"\b(?:ignor[ae]n?|olvid[ae]n?|descart[ae]n?)\s+(?:por completo\s+)?(?:todas?\s+)?(?:las|los|tus|sus|cualquier)?\s*"
        r"(?:instrucci[oó]n(?:es)?|[oó]rden(?:es)?|reglas?|indicaci[oó]n(?:es)?|directrices|prompts?|mensajes?)\s+"
        r"(?:anterior(?:es)?|previ[ao]s?|precedentes?|de arriba|recibid[ao]s|dadas|del sistema)",
    ),
    signal(
        "override", 2, "ignor|oubli|tiens pas compte|tenez pas compte|fais abstraction|faites abstraction",
        r"\b(?:ignore[zr]?|oublie[zr]?|ne (?:tiens|tenez) (?:pas|aucun) compte|(?:fais|faites) abstraction)\s+(?:de\s+|des\s+)?"
        r"(?:toutes?\s+|tous\s+)?(?:les|tes|vos|ces)?\s*(?:instructions?|consignes?|directives?|règles?|ordres?|prompts?)\s+"
        r"(?:précédent\w*|antérieur\w*|ci-dessus|qui précèdent|reçue?s|données?|du système|initiales?)",
    ),
    signal(
        "override", 2, "忽略|无视|無視|忘记|忘記|忘掉|不要理会|不理会|忽视",
        r"(?:忽略|无视|無視|忘记|忘記|忘掉|不要?理会|忽视)[^。！？\n]{0,10}"
        r"(?:之前|以前|先前|上面|上述|以上|此前|前面|所有|全部|一切)[^。！？\n]{0,8}(?:指令|指示|提示词?|命令|系统提示|规则|規則)",
    ),
    signal(
        "override", 2, "ignora|ignore|negeer|vergeet|игнорир|забудь|無視|무시",
        r"\bignora(?:te)?\s+(?:tutte\s+)?le\s+(?:istruzioni|regole)\s+(?:precedenti|di prima)|"
        r"\bignor[ea]m?\s+(?:todas\s+)?(?:as|suas)\s+(?:instruções|regras)\s+anteriores|"
        r"\b(?:negeer|vergeet)\s+(?:alle\s+)?(?:vorige|eerdere|voorgaande|bovenstaande)\s+(?:instructies|regels|opdrachten)|"
        r"(?:игнорируй(?:те)?|забудь(?:те)?)\s+(?:все\s+)?(?:предыдущие|прежние)\s+(?:инструкции|указания|команды)|"
        r"(?:以前|これまで|上記|前)の(?:すべての|全ての)?(?:指示|命令)を(?:すべて)?無視|(?:이전|위)의?\s*(?:모든\s*)?(?:지시|명령)\S*\s*무시",
    ),
    # Spoken to a model, and to nobody else.
    signal(
        "address", 1, "ai|llm|model|bot|gpt|claude|copilot|gemini|assistant|agent",
        rf"(?:^|\n|[.!?:]\s|[\[(*<])\s*(?:(?:important|urgent|special|hidden|secret)\s+)?"
        rf"(?:(?:attention|note|notice|message|instructions?|reminder|warning)\s*(?:to|for|:|,)?\s*(?:the|any|all|every)?|dear|hey|hello|to\s+(?:the|any|all))\s*"
        rf"{_MODEL_EN}(?:\s+(?:systems?|readers?|reviewers?|reading\s+this|processing\s+this))?\s*[:,.!\])—–-]",
    ),
    signal(
        "address", 2, "if you are|if you’re|if you're|ing this",
        rf"\bif\s+you(?:\s+are|'re|’re)\s+(?:an?|the)\s+(?:{_AI_EN}|assistant(?!\s+\w+(?:er|or|ist|ant)\b))(?![\w'])(?:[^.!?\n]{{0,80}})(?:,|:|then|you\s+must)|"
        rf"\b{_AI_EN}\s*,?\s*(?:that\s+(?:is|are)\s+|when\s+|while\s+)?(?:reading|processing|summari[sz]ing|analy[sz]ing|reviewing|evaluating|screening|indexing|parsing)\s+this\b",
    ),
    signal(
        "address", 1, "ki|sprachmodell|chatbot|assistent|ia|modelo|asistente|modèle|assistant|gpt|助手|模型|人工智能",
        r"(?:^|\n|[.!?:]\s|[\[(*<])\s*(?:(?:wichtige\s+)?(?:hinweis|anweisung|nachricht|achtung)\w*\s*(?:an|für|:|,)?\s*(?:die|das|den|alle|jede\w*)?\s*(?:ki|llm|sprachmodelle?|chatbots?|assistent\w*|ki-\w+)|"
        r"(?:nota|aviso|atención|mensaje|instrucci\w+)\s*(?:para|a|:|,)?\s*(?:el|la|los|las|cualquier|todos los|todas las)?\s*(?:ia|llm|modelos?(?: de lenguaje)?|asistentes?(?: de ia)?|chatbots?)|"
        r"(?:note|avis|attention|message|consignes?|instructions?)\s*(?:pour|à|aux?|:|,)?\s*(?:l['’]|le|la|les|tout|toute|tous les)?\s*(?:ia|llm|modèles?(?: de langage)?|assistants?(?: ia)?|chatbots?))\s*[:,.!\])—–-]|"
        r"(?:致|告|请注意|注意)[^。！？\n]{0,6}(?:人工智能|ai|语言模型|大模型|模型|助手|机器人)[^。！？\n]{0,4}[：:，,]|"
        r"(?:如果|若)你是[^。！？\n]{0,8}(?:人工智能|ai|语言模型|助手)",
    ),
    # What it should be from now on.
    signal(
        "persona", 1, "you",
        r"\b(?:from\s+now\s+on|starting\s+now|henceforth)\b[^.!?\n]{0,60}\byou\b|\byou\s+(?:are|will)\s+(?:now|going\s+to|about\s+to)\s+(?:be|act|play|pretend|immerse|become|respond|answer|behave|simulate|ignore)\b|"
        r"\b(?:pretend|imagine)\s+(?:that\s+)?(?:to\s+be|you\s+are)\b|\byou\s+are\s+now\s+(?:an?|in|the)\b",
    ),
    signal(
        "unbound", 1, "dan|developer mode|jailbreak|jailbroken|confines|openai|openal|open ai|content policy|unfiltered|uncensored|restrictions|cut off",
        r"\bdo\s+anything\s+now\b|\b(?:developer|dan|god|debug)\s+mode\s+(?:enabled|on|activated)|\bjailbr[eo]\w+|\bconfines\s+of\s+a[il]\b|"
        r"\b(?:openai|openal|open\s+ai)(?:'s|’s)?\b|\bcontent\s+polic(?:y|ies)\b|\b(?:unfiltered|uncensored)\s+(?:and|response|answer|ai)|"
        r"\bwithout\s+(?:any\s+)?(?:restrictions|filters|censorship)\b|\bknowledge\s+is\s+cut\s+off\b",
    ),
    signal(
        "persona", 1, "ab sofort|ab jetzt|von nun an|du bist|a partir de ahora|eres ahora|ahora eres|désormais|à partir de maintenant|tu es maintenant|vous êtes maintenant|从现在|從現在|你现在是|你是一个",
        r"\b(?:ab\s+(?:sofort|jetzt)|von\s+nun\s+an)\s+(?:bist|antwortest|wirst|sollst|musst|agierst)\s+du\b|\bdu\s+bist\s+(?:jetzt|nun|ab\s+sofort)\s+(?:ein|kein)\w*|"
        r"\ba\s+partir\s+de\s+ahora\b[^.!?\n]{0,12}\b(?:eres|serás|responde\w*|debes|actúa\w*|actuarás)|\bahora\s+eres\s+un|"
        r"\b(?:désormais|à\s+partir\s+de\s+maintenant)\b[^.!?\n]{0,12}\b(?:tu|vous)\b|\b(?:tu\s+es|vous\s+êtes)\s+maintenant\s+un|"
        r"(?:从现在起|从现在开始|從現在起|從現在開始)[^。！？\n]{0,4}你|你现在是",
    ),
    # What it should say, keep to itself, or give away.
    signal(
        "dictate", 1, "just|only|instead|exactly|following|word",
        rf"\b(?:and\s+)?(?:just|only|instead)\s+(?:{_TELL_EN})\b(?:\s+(?:with|that))?\s*[:\"“‘']|\binstead,?\s+(?:of\s+\w+ing\b[^.!?\n]{{0,40}},?\s+)?(?:you\s+(?:must|should|will)\s+)?{_TELL_EN}\b|"
        rf"\b{_TELL_EN}\s+(?:only|exactly|verbatim)?\s*(?:with\s+)?(?:only\s+)?(?:the\s+)?(?:following|exact)\s+(?:text|words?|sentence|phrase|message)\b|\bjust\s+(?:say|print|output)\b",
    ),
    signal(
        "dictate", 1, "user|question|asked|summar|answer",
        r"\b(?:when|if|whenever)\s+(?:you\s+(?:are\s+)?|the\s+user\s+|a\s+user\s+|anyone\s+|someone\s+|users?\s+)?(?:asks?|asked|asking|quer\w+|answer\w*|respond\w*|summari[sz]\w*)\b[^.!?\n]{0,80}"
        rf"\b(?:you\s+must|you\s+should|always|never|do\s+not|don't|don’t)\s+(?:{_TELL_EN}|mention|reveal|include|cite|disclose)|"
        rf"\b(?:tell|inform|convince|instruct)\s+(?:the|every|any|all)\s+users?\b(?!['’])",
    ),
    signal(
        "dictate", 1, "antwort|sag|schreib|gib|responde|di |escribe|réponds|répondez|dis |dites|écris|écrivez|回答|回复|输出|說|说",
        r"\b(?:antworte|sage?|schreibe?|gib)\s+(?:\w+\s+){0,3}(?:nur|ausschließlich|stattdessen|immer|genau)\b|\b(?:nur|ausschließlich|stattdessen|immer)\s+(?:mit|noch|aus)?\s*[:\"„“»]|"
        r"\b(?:responde|di|escribe|contesta)\s+(?:\w+\s+){0,3}(?:solo|sólo|únicamente|siempre|en su lugar|exactamente)\b|"
        r"\b(?:réponds|répondez|dis|dites|écris|écrivez)\s+(?:\w+\s+){0,3}(?:uniquement|seulement|toujours|à la place|exactement)\b|"
        r"(?:只|仅|必须|總是|总是|改为|直接)(?:能|要|需)?(?:回答|回复|回覆|输出|輸出|说|說)",
    ),
    signal(
        "secrecy", 1, "instruct|prompt|user|anweisung|instruc|consigne|指令|指示|用户",
        r"\b(?:do\s+not|don't|don’t|never)\s+(?:ever\s+)?(?:mention|reveal|disclose|tell|show|acknowledge|repeat|explain)\b[^.!?\n]{0,40}\b(?:these?|this|your|the)\s+(?:\w+\s+)?(?:instructions?|prompts?|orders?|note)\b|"
        r"\b(?:do\s+not|don't|never)\s+(?:tell|inform|alert|warn|notify)\s+(?:the\s+)?users?\b(?!['’])|"
        r"\b(?:erwähne|verrate|nenne)\w*\b[^.!?\n]{0,40}\banweisung\w*[^.!?\n]{0,20}\bnicht|\bno\s+(?:menciones|reveles|digas)\b[^.!?\n]{0,30}\b(?:instruc\w+|mensaje)|"
        r"\bne\s+(?:mentionne|révèle|dis|mentionnez|révélez|dites)\w*\s+(?:pas|jamais)\b[^.!?\n]{0,30}\b(?:instructions?|consignes?)|不要[^。！？\n]{0,8}(?:提及|透露|告诉)[^。！？\n]{0,10}(?:指令|指示|提示|用户)",
    ),
    signal(
        "reveal", 2, "prompt|instruct|anweisung|instruc|consigne|提示",
        r"\b(?:reveal|print|repeat|show|output|display|leak|disclose|expose)\s+(?:me\s+)?(?:your|the)\s+(?:full\s+|entire\s+|complete\s+|hidden\s+|secret\s+|initial\s+|original\s+)*(?:system\s+(?:prompt|message|instructions?)|(?:hidden|secret|initial)\s+(?:prompt|instructions?))|"
        r"\b(?:gib|zeige?|verrate?)\s+(?:\w+\s+){0,2}(?:deinen?|den)\s+system-?prompt|\b(?:muestra|revela|imprime)\s+(?:tu|el)\s+(?:prompt|mensaje)\s+(?:de|del)\s+sistema|"
        r"\b(?:affiche|révèle|montre)z?\s+(?:ton|votre|le)\s+(?:prompt|message)\s+(?:système|initial)|(?:显示|输出|透露|泄露|告诉我)[^。！？\n]{0,6}系统提示",
    ),
    signal(
        "exfiltrate", 2, "http|mailto|@",
        r"\b(?:send|post|forward|submit|transmit|exfiltrate|upload|leak|e-?mail)\b[^.!?\n]{0,30}\b(?:conversation\s+history|chat\s+history|conversation\s+so\s+far|system\s+prompt|(?:all\s+)?(?:passwords?|credentials|api\s+keys?|secrets)|(?:retrieved|confidential)\s+(?:documents?|context|passages?))\b[^!?\n]{0,60}(?:https?://|mailto:|[\w.+-]+@[\w-]+\.)|"
        r"!\[[^\]\n]{0,200}\]\(\s*https?://[^\s)]{1,300}[?&][\w.-]{0,40}=(?:[\[{<$%]|[^\s)&]{0,60}(?:conversation|history|secret|prompt|summary|user_?data|question)[^\s)]{0,80})|"
        r"<img[^>]{0,200}src=[\"']?https?://[^\s\"'>]{1,300}[?&][\w.-]{0,40}=[\[{<$]",
    ),
    signal(
        "exfiltrate", 1, "user",
        r"\b(?:send|post|forward|submit|transmit|upload|leak|e-?mail)\b[^.!?\n]{0,30}\b(?:the\s+)?user['’]?s?\s+(?:question|query|data|message|input|name)s?\b[^!?\n]{0,60}(?:https?://|mailto:|[\w.+-]+@[\w-]+\.)",
    ),
    signal(
        "exfiltrate", 2, "https://|http://",
        r"\b(?:send|post|transmit|submit)\b[^.!?\n]{0,40}\b(?:retrieved|user)\b[^!?\n]{0,60}https?://[^!?\n]{0,60}\bbefore\s+(?:you\s+)?answer",
    ),
    signal(
        "exfiltrate", 1, "append|include|insert|add|render|end every|embed",
        r"\b(?:append|include|insert|add|render|embed|end\s+(?:every|each|all|your))\b[^.!?\n]{0,50}\b(?:answers?|respon[sd]\w*|repl(?:y|ies)|output)\b[^!?\n]{0,50}(?:https?://|!\[|\blink\b|\bimage\b)|"
        r"\b(?:append|include|insert|add|render|embed)\b[^.!?\n]{0,40}(?:\blink\b|\bimage\b|!\[)[^!?\n]{0,60}\b(?:every|each|all|your)\s+(?:answers?|respon[sd]\w*|repl(?:y|ies)|output)\b",
    ),
    # The marks that separate who speaks in the input of a model.
    signal(
        "marker", 2, "<|im_|<|system|<|user|<|assistant|<|endof|<|start_header|[inst]|[/inst]|<<sys>>|<start_of_turn>|begin system|end of prompt|end of system|end of context",
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|endofprompt|start_header_id)\|>|\[/?inst\]|<</?sys>>|<start_of_turn>|"
        r"(?:begin|start|end)\s+(?:of\s+)?(?:new\s+)?system\s+(?:prompt|message|instructions?)\b|(?:^|\n)\W{2,}\s*end\s+of\s+(?:prompt|context|documents?)\b",
    ),
    signal(
        "marker", 1, "system|instruction|assistant|admin|[system]|systemnachricht|sistema|système|系统",
        r"(?:^|\n)\W{0,6}(?:system|assistant|developer|admin(?:istrator)?)(?:\s+(?:prompt|message|instructions?|override|note|command|update))?\s*[\])}>*#]{0,4}\s*[:：]\s*\S|"
        r"(?:^|\n)\s*#{2,}\s*(?:new\s+)?(?:system|instructions?)\s*:?\s*\n|\[(?:system|admin)(?:\s+\w+){0,2}\]|\bsystem\s+override\b|"
        r"(?:^|\n)\W{0,4}(?:systemnachricht|systemanweisung|mensaje\s+del\s+sistema|message\s+(?:du\s+)?système|系统(?:提示|消息|指令)?)\s*[:：]",
    ),
    signal(
        "renew", 1, "new instruct|new task|new role|real instruct|actual instruct|updated instruct|only task|your task|your new|neue anweisung|neue aufgabe|nueva instrucc|nuevas instrucc|nouvelles instruc|nouvelle instruc|nouvelles consignes|新指令|新的指令|新任务|新的任务",
        r"\b(?:your|the|here\s+are\s+(?:your|the))?\s*(?:new|real|actual|updated|only|sole|true)\s+(?:instructions?|tasks?|role|objective|goal|orders?)\s*(?:is|are|:)|"
        r"\b(?:neue|nueva|nuevas|nouvelles?)\s+(?:anweisung\w*|aufgabe|instruccion\w*|instrucción|instructions?|consignes)\s*:|新(?:的)?(?:指令|任务|任務)\s*(?:是|为|[:：])",
    ),
    signal("helpful", 1, "you are a", r"\byou\s+are\s+an?\s+(?:\w+\s+){0,3}(?:ai|assistant(?!\s+\w+(?:er|or|ist|ant)\b)|language\s+model|chat ?bot|gpt)\b"),
)  # fmt: skip

# In text that readers do not see, these count as well.
HIDDEN_SIGNALS: tuple[Signal, ...] = (
    signal(
        "sway", 1, "review|candidate|applicant|paper|product|supplier|company|negative|weakness|bewerber|candidat",
        r"\b(?:positive|favou?rable|excellent|best|top)\s+(?:review|assessment|rating|score|candidate|applicant|match|choice)\b|"
        r"\b(?:recommend|hire|approve|accept|shortlist|select|praise)\s+(?:this|the)\s+(?:\w+\s+)?(?:candidate|applicant|paper|product|supplier|company)\b|"
        r"\b(?:do\s+not|don't|never)\s+(?:highlight|mention|list)\s+(?:any\s+)?(?:negative|weakness)|\b(?:bester?|ideale[rn]?)\s+bewerber|\bmejor\s+candidat|\bmeilleur\w*\s+candidat",
    ),
    signal(
        "dictate", 1, "your answer|your repl|your respon|your output|your message",
        r"\byour\s+(?:final\s+|next\s+)?(?:answers?|repl(?:y|ies)|respon[sc]es?|output|message)\b",
    ),
    signal(
        "dictate", 1, "every|any|all|each|the user",
        r"\b(?:answer|respond\s+to|reply\s+to)\s+(?:every|any|all|each)\s+(?:questions?|quer\w+)\b|\bwhat\s+the\s+user\b|\bthe\s+user\s+(?:asks|wants|must)\b",
    ),
)  # fmt: skip
