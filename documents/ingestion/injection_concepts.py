# ruff: noqa: E501 - a wording stands on one line
"""What orders to a model have in common however they are put: rules set aside, a model spoken to, an answer dictated.

Where `injection_wordings` lists what is often written, these combine a verb with what only a model has: a system prompt,
an operator, a user. Between languages the familiar form of the imperative tells: companies do not write it.
"""

from __future__ import annotations

from documents.ingestion.injection_wordings import Signal, signal

_RULES = r"(?:instructions?|prompts?|guidelines?|guidance|rules?|polic(?:y|ies)|directives?|restrictions?|constraints?|safeguards?|orders|programming|commands?|configuration|settings)"
_WHOSE = r"(?:your|the\s+(?:system|developer|operator|model|assistant|chat ?bot|ai|llm)(?:['’]s)?|system|developer['’]s|operator['’]s|initial|safety|hidden)"
_DROP = r"(?:delete|erase|wipe|clear|reset|ignor\w+|disregard\w*|forget\w*|overrid\w+|bypass\w*|drop|discard|abandon|skip|neglect|set\s+aside|put\s+aside|cast\s+aside|leave\s+aside|pay\s+no\s+attention\s+to|no\s+longer\s+(?:follow|obey|apply|heed)|stop\s+(?:following|obeying|applying)|do\s+not\s+(?:follow|obey|heed|apply)|don['’]t\s+(?:follow|obey|heed|apply)|never\s+received|cease\s+(?:following|to\s+follow)|disobey|violate)"
_AI = r"(?:a\.?i\.?|llms?|(?:large\s+)?language\s+models?|chat ?bots?|chatgpt|gpt|(?:ai|virtual|digital)[ -](?:assistants?|models?|agents?|systems?))"

CONCEPTS: tuple[Signal, ...] = (
    # What it was told is set aside.
    signal(
        "override", 2, "instruct|prompt|guid|rule|polic|directive|restriction|constraint|safeguard|order|command|told",
        rf"\b(?<!not )(?<!never )(?:{_DROP})\b[^.!?\n]{{0,30}}?\b{_WHOSE}\s+(?:\w+\s+){{0,2}}?{_RULES}\b|"
        rf"\b{_DROP}\b[^.!?\n]{{0,25}}\b{_RULES}\s+(?:that\s+)?you\s+(?:were|have\s+been|had\s+been|received|got|are)\b|"
        r"\b(?:ignore|disregard|forget|drop)\s+(?:whatever|what|everything|anything|all)\s+(?:that\s+)?(?:the\s+)?(?:system|operator|developer|user|you\s+(?:were|have\s+been))\b[^.!?\n]{0,20}\b(?:told|said|instructed|ordered|learned)|"
        r"\b(?:never|not)\s+(?:\w+\s+)?(?:received|been\s+given|had)\s+any\s+(?:guidelines|instructions|rules|restrictions)\b",
    ),
    signal(
        "override", 1, "void|cancel|expired|ended|changed|no longer apply|not apply|revoked|suspended|disabled|obsolete|null and",
        rf"\b{_RULES}\b[^.!?\n]{{0,30}}\b(?:(?:is|are|were|have\s+been)\s+(?:now\s+)?(?:void|cancelled|canceled|revoked|suspended|disabled|lifted|obsolete|expired)|(?:have|has)\s+(?:now\s+)?(?:expired|ended|changed)|no\s+longer\s+apply|do\s+not\s+apply)",
    ),
    signal(
        "unbound", 1, "restrict|rules|filters|limits|guardrail",
        r"\byou\s+(?:now\s+)?(?:have|are\s+under|face)\s+no\s+(?:\w+\s+)?(?:rules|restrictions|limits|limitations|filters|guidelines|guardrails)|"
        r"\b(?:unrestricted|unfiltered|unaligned|uncensored|jailbroken)\s+(?:\w+\s+)?(?:model|ai|assistant|mode|version|chat ?bot)",
    ),
    # A model is spoken to.
    signal(
        "address", 1, "model|ai|llm|assistant|bot|gpt",
        rf"\b(?:attention|dear|note|notice|message|memo|instructions?|reminder|hint|warning|order)\s*(?:to|for|:|,)?\s*(?:the|any|all|every|each)?\s*{_AI}\b|"
        rf"\b(?:any|every|all|each)\s+{_AI}\s+(?:that|which|who|reading|processing|working|must|should|shall)\b|"
        rf"(?:^|[\n.!?:]\s*)(?:llms?|ai|language\s+model)\s+(?:readers?|reviewers?|systems?|assistants?)?\s*[:,]",
    ),
    signal(
        "address", 1, "assistant",
        r"\b(?:the|dear|hey|hello)\s+assistant\b[^.!?\n]{0,60}\b(?:will\s+now|shall\s+(?:now|answer|respond|say)|must\s+(?:now|answer|respond)|treat|from\s+(?:here|now)\s+on|switch)|\bassistant\s+(?:instructions?|rules?|prompt|behaviou?r)\b",
    ),
    signal(
        "address", 1, "developer|operator|your creator|administrator speaking",
        r"\bthis\s+is\s+your\s+(?:developer|operator|creator|administrator|owner)\b|\byour\s+(?:developer|operator|creator)s?\s+(?:speaking|here|says?|wants?|orders?)\b",
    ),
    signal(
        "address", 1, "summar|process",
        r"\b(?:whoever|whatever|who(?:soever)?|any(?:one|thing))\b[^.!?\n]{0,12}\b(?:summari[sz]es|processes|parses|analy[sz]es)\b[^.!?\n]{0,20}\bthis\b|\bwhen\s+(?:producing|writing|generating|creating)\s+(?:the|a|your|any)\s+summary\b",
    ),
    signal("address", 2, "as an ai|as a language", rf"\bas\s+an?\s+{_AI}\b[^.!?\n]{{0,20}}\b(?:you|must|should)\b"),
    # What it is to say.
    signal(
        "dictate", 1, "answer|repl|respon|confirm",
        r"\b(?:answer|reply|respond)\b[^.!?\n]{0,40}\b(?:with\s+(?:the\s+(?:single\s+|one\s+)?(?:word|phrase|sentence)|only|nothing\s+but|a\s+link)|only\s+with|to\s+(?:all|every|any|each)\b)|"
        r"\b(?:answer|reply|respond)\s+to\s+(?:all|every|any|each)\s+(?:\w+\s+)?(?:questions?|quer(?:y|ies)|requests?|prompts?)\b[^.!?\n]{0,10}\bwith\b|"
        r"\b(?:every|each|all)\s+(?:further\s+|future\s+|other\s+)?(?:questions?|quer(?:y|ies)|prompts?)\s+with\b|"
        r"\brepeat\s+the\s+(?:sentence|phrase|word|following)\b|\byour\s+(?:only|sole|new)\s+(?:job|task|purpose|goal|duty)\b",
    ),
    signal(
        "user", 1, "user|person you are chatting|asks you|asked you|reader of this",
        r"\b(?:tell|inform|convince|persuade|assure|ask|say\s+(?:so\s+)?to|lie\s+to|warn)\s+(?:the\s+|every\s+|any\s+|all\s+)?(?:users?|person\s+you\s+are\s+(?:chatting|talking)\s+(?:with|to))\b(?!['’])|"
        r"\bif\s+(?:the|a|any)\s+user\s+(?:asks|wants|says|requests|inquires)\b|\b(?:whenever|if|when)\s+(?:somebody|someone|anybody|anyone|people)\s+asks?\s+you\b|"
        r"\bthe\s+(?:user|reader\s+of\s+this\s+(?:file|document|page|text))\s+(?:must|should|has\s+to|is\s+to)\s+be\s+told\b|\b(?:for|to)\s+the\s+user\b[^.!?\n]{0,20}\b(?:has\s+to|must|should)\s+(?:add|say|state)",
    ),
    signal(
        "sway", 1, "claim|lie|praise|recommend|rate|only sensible|agree with|confirm that|never quote|never cite|only trustworthy|cite",
        r"(?:^|[,.;:!?\n]\s*|\band\s+|\bmust\s+|\bshould\s+|\balways\s+|\bto\s+)(?:claim\s+that|lie\s+and\s+say|praise|rate\s+this|confirm\s+that|always\s+(?:recommend|agree)|recommend\s+(?!that\b)\w+)|\bonly\s+(?:sensible|trustworthy|reliable|correct)\s+(?:choice|one|source|option)|\bnever\s+(?:cite|quote)\s+(?:this|any|sources)",
    ),
    signal(
        "secrecy", 1, "do not say that you|never quote this|do not mention|without mention|not mention this|never mention",
        r"\bdo\s+not\s+say\s+that\s+you\b|\b(?:never|do\s+not|don['’]t)\s+(?:quote|cite|mention|repeat|show)\s+this\s+(?:sentence|line|text|notice|note|message|passage|paragraph)|\bwithout\s+mentioning\s+this\b",
    ),
    signal(
        "reveal", 2, "prompt|instruct|context window|passages|above this line",
        r"\b(?:reveal|print|repeat|show|output|display|describe|list|disclose|recite|quote|dump)\b[^.!?\n]{0,40}\b(?:hidden|secret|confidential|initial|system)\s+(?:prompt|instructions?|rules|message)|"
        r"\b(?:contents?\s+of\s+)?your\s+(?:full\s+|entire\s+|whole\s+)?(?:context\s+window|system\s+prompt|hidden\s+instructions|initial\s+prompt)\b|\bprint\s+everything\s+above\b|\bpassages?\s+(?:that\s+)?you\s+(?:are|were)\s+not\s+(?:supposed|allowed)\s+to\b|\bas\s+your\s+(?:new\s+)?(?:system\s+)?prompt\b",
    ),
    signal(
        "persona", 1, "you are no longer|act as|pirate|from this point|from here on|from this moment",
        r"\byou\s+are\s+no\s+longer\s+(?:an?\b|bound|required)|\bact\s+as\s+an?\s+(?:\w+\s+){0,2}(?:model|ai|assistant|chat ?bot|dan)\b|\bfrom\s+(?:this\s+(?:point|moment)|here)\s+(?:on|forward|onwards?)\b[^.!?\n]{0,15}\b(?:you|treat|act|answer|respond|ignore)",
    ),
    signal(
        "sources", 1, "passages|documents|sources|this one|tool",
        r"\b(?:disregard|ignore|do\s+not\s+use|skip|discard)\s+(?:any\s+of\s+)?(?:the\s+|all\s+)?(?:retrieved|other|remaining|rest\s+of\s+the)\s+(?:\w+\s+)?(?:passages|documents|sources|context|results)|\b(?:call|use|invoke)\s+the\s+(?:tool|function)\b|\b(?:with|send)\s+the\s+(?:whole|entire|full)\s+conversation\b|\bskip\s+all\s+(?:checks|safety|filters)",
    ),
    signal(
        "exfiltrate", 1, "![|conversation|password|https://|http://",
        r"!\[[^\]\n]{0,100}\]\(\s*https?://[^)\n]{0,200}[?&]\w*=|\bwith\s+the\s+(?:whole|entire|full)\s+conversation\b|\btype\s+their\s+(?:password|card|data)\b[^.!?\n]{0,20}https?://|\bin\s+(?:each|every|your|all)\s+(?:final\s+)?(?:answers?|repl(?:y|ies)|responses?)\s*:\s*!?\[|\bquestion\s+with\s+a\s+link\s+to\s+https?://",
    ),
    signal(
        "marker", 2, "</context|</document|<system|</system|[system](|### instruction|system notice to|<instructions|</user|new system message",
        r"</(?:context|documents?|passages?|user|sources?)>\s*(?:</\w+>\s*)*\w+[^<\n]{0,40}(?:message|instruction|system|assistant)|<\s*/?\s*system(?:_prompt)?\s*>|\[system\]\(|#{2,}\s*instructions?\s*:|\bsystem\s+notice\s+to\s+(?:ai|the\s+model|llm)|\bnew\s+system\s+message\b",
    ),
    signal(
        "marker", 1, "assistant:", r"\b(?:human|user)\s*:\s[^\n]{0,200}\bassistant\s*:\s|\bassistant\s*:\s*(?:sure|of\s+course|certainly|ok)\b"
    ),
    # German, in the familiar form.
    signal(
        "override", 2, "regeln|vorgabe|anweisung|instruktion|systemprompt|kraft|richtlinie|systemvorgab",
        r"\b(?:setze?|ignoriere?|vergiss|missachte|umgehe|verwirf|übergehe|lösche)\b[^.!?\n]{0,40}\b(?:regeln|vorgaben|anweisungen|instruktionen|richtlinien|systemvorgaben|systemprompt)\b|\bbeachte\b[^.!?\n]{0,40}\b(?:regeln|vorgaben|anweisungen|systemvorgaben|richtlinien)\b[^.!?\n]{0,15}\bnicht\b|"
        r"\bdu\s+(?:sollst|musst|darfst|wirst)\b[^.!?\n]{0,60}\b(?:vorgaben|regeln|anweisungen)\b[^.!?\n]{0,40}\bnicht\b|\bgelten\s+für\s+dich\s+keine\b",
    ),
    signal(
        "address", 1, "ki|sprachmodell|chatbot|du sollst|für dich|betreiber",
        r"\b(?:an|für|liebe|liebes|lieber|hallo)\s+(?:die\s+|das\s+|den\s+|alle\s+)?(?:ki(?:-\w+)?|sprachmodelle?|chatbots?|ki-systeme?)\b|\bdu\s+(?:sollst|musst|darfst|bist)\b|\b(?:deine[mnrs]?|dein)\s+(?:\w+\s+)?(?:vorgaben|regeln|anweisungen|betreibers?|systemprompt|entwicklers?)\b",
    ),
    signal(
        "dictate", 1, "antworte|sage |nenne|empfiehl|gib |bewerte|verschweig|erwähne",
        r"(?:^|[,.;:!?\n]\s*|\bund\s+(?:nur\s+noch\s+)?)(?:antworte|nenne\s+(?:mir|nur)|empfiehl|bewerte\s+diese|verschweige?|gib\s+(?:\w+\s+){0,3}aus|gib\s+alle)\b",
    ),
    signal("user", 1, "nutzer|anwender", r"\b(?:sage?|teile?|erzähle?)\s+(?:dem|den|jedem)\s+(?:nutzern?|anwendern?|benutzern?)\b|\bwenn\s+(?:der|ein)\s+(?:nutzer|anwender|benutzer)\b[^.!?\n]{0,50}\bantworte\b"),
    signal("secrecy", 1, "hinweis nicht|zeile|hinweis zu|diesen hinweis|diese zeile|diese nachricht", r"\b(?:erwähne|verschweige?|zitiere|nenne)\b[^.!?\n]{0,30}\b(?:diesen\s+hinweis|diese\s+(?:zeile|nachricht|anweisung))\b"),
    signal("reveal", 2, "systemprompt|system-prompt|vertraulichen abschnitte", r"\b(?:nenne|zeige?|gib|verrate)\b[^.!?\n]{0,25}\b(?:system-?prompt|vertraulichen\s+abschnitte)\b"),
    # Spanish, Portuguese, Italian.
    signal(
        "override", 2, "instruccion|reglas|caso omiso|hagas caso|orienta|istruzioni|regole|instruç|disse|te dieron|tutto|tudo|prompt",
        r"\b(?:haz\s+caso\s+omiso\s+de|no\s+hagas\s+caso\s+(?:a|de)|olvida|ignora|no\s+sigas|desobedece|borra)\s+(?:\w+\s+){0,2}(?:instrucciones|reglas|normas|órdenes|indicaciones)|"
        r"\b(?:dimentica|ignora|non\s+seguire(?:\s+più)?)\s+(?:tutte\s+)?(?:le|ogni)\s+(?:istruzion\w+|regol\w+)|\bignore\s+(?:todas\s+)?as\s+(?:instruções|orientações|regras)\b|\besqueça\s+(?:tudo|as\s+instruções|todas)",
    ),
    signal(
        "dictate", 1, "contesta|responde|rispondi|responda|recomienda|di que|revela|enseña|diga ao|cita solo",
        r"(?:^|[,.;:!?\n]\s*|\b[ye]\s+)(?:contesta|responde|rispondi|responda|recomienda\s+siempre|revela|enseña|cita\s+solo|di\s+que|diga\s+ao)\b",
    ),
    signal(
        "address", 1, "asistente|modelo|inteligencia artificial| ia|tus |tu prompt|eres un|usuário|prompt",
        r"\b(?:asistente|modelo)\s+(?:de\s+)?(?:ia|lenguaje|inteligencia)\b|\b(?:mensaje|aviso|nota)\s+para\s+(?:el|la)\s+(?:asistente|ia|modelo)\b|\b(?:eres|actúa\s+como)\s+un\s+(?:modelo|asistente)|\btus?\s+(?:reglas|instrucciones|prompt)\b|\binstrucciones\s+ocultas\b|\bao\s+usuário\b|\b(?:do|del|di)\s+sistema\b",
    ),
    signal("unbound", 1, "sin restricciones|sin filtros|sem restrições|senza restrizioni|sans restriction|aucune restriction|plus de règles", r"\b(?:sin\s+(?:restricciones|filtros)|sem\s+restrições|senza\s+(?:restrizioni|filtri)|sans\s+(?:aucune\s+)?restrictions?|aucune\s+restriction|(?:n['’]as|n['’]avais)\s+(?:plus\s+de|aucune?)\s+(?:règles?|restrictions?|limites?))"),
    signal("secrecy", 1, "menciones|mencionar|mentionner", r"\b(?:no\s+menciones|sin\s+mencionar|sans\s+mentionner)\s+(?:este|ese|ce|cette)\s+(?:aviso|mensaje|texto|message|texte|consigne)\b"),
    # French.
    signal(
        "override", 2, "consignes|instructions|règles|compte|oublie|qu'on t|qu’on t",
        r"\bne\s+(?:tiens|tenez)\s+(?:plus|pas|aucun)\s+compte\s+de\s+(?:tes|tous|toutes)\b|\b(?:oublie|ignore|efface)\s+(?:toutes?\s+|tous\s+)?(?:tes|ce\s+qu['’]on\s+t|tout\s+ce\s+qu['’]on\s+t)|\bne\s+suis\s+plus\s+(?:tes|les)\s+(?:consignes|instructions|règles)",
    ),
    signal("dictate", 1, "réponds|dis à|recommande|montre|affiche", r"(?:^|[,.;:!?\n]\s*|\bet\s+)(?:réponds|recommande\s+toujours|montre\s+(?:ton|ta|tes)|affiche\s+(?:ton|ta|tes))\b|\bdis\s+à\s+l['’]utilisateur\b"),
    signal("address", 1, "modèle de langage|l'ia|l’ia|tu es maintenant|à l'utilisateur|à l’utilisateur|fais comme si tu|invite système|tes consignes", r"\bmodèle\s+de\s+langage\b|\b(?:à|pour)\s+l['’]ia\b|\btu\s+es\s+(?:maintenant\s+)?un\b|\bfais\s+comme\s+si\s+tu\b|\binvite\s+(?:de\s+)?système\b|\btes\s+(?:consignes|instructions|règles)\b|\bdis\s+à\s+l['’]utilisateur\b"),
    # Dutch, Russian, Chinese, Japanese.
    signal("override", 2, "negeer|vergeet|volg", r"\b(?:negeer|vergeet)\s+(?:je|alle|wat\s+hiervoor)\b[^.!?\n]{0,30}|\bvolg\s+je\s+(?:regels|instructies)\s+niet"),
    signal("override", 2, "забудь|не следуй|игнорир|инструкц|правил", r"\b(?:забудь(?:те)?|игнорируй(?:те)?|не\s+следуй(?:те)?)\b[^.!?\n]{0,30}(?:инструкци|указани|правил|команд)"),
    signal("override", 2, "不要理会|忘掉|忽略|无视|不再遵守|取消", r"(?:不要?理会|忘掉|忘记|忽略|无视|不再遵守|不要遵守)[^。！？\n]{0,8}(?:系统|指令|规则|设定|提示)"),
    signal("override", 2, "無視|取り消|忘れ|従わ", r"(?:指示|命令|ルール|プロンプト)[^。！？\n]{0,8}(?:無視|取り消|忘れ|従わな)|システムプロンプト[^。！？\n]{0,6}(?:表示|出力|教え)"),
)  # fmt: skip
