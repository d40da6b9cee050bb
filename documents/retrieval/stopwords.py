"""Words that carry no subject: left out of questions, by language. Passages keep them.

Questions are phrased with words ("how many do I get") that are rare in written policies, so that inverse document
frequency alone would take them for the subject.
"""

_BY_LANGUAGE = {
    "en": (
        "a about am an and any are as at be been being but by can could did do does doing done for from get gets "
        "got had has have having he her here hers him his how i i'd i'll i'm i've if in into is it it's its just "
        "let many may me might mine must my of on or our ours please shall she should so some such tell than that "
        "the their theirs them then there these they this those to us was we were what what's when where which "
        "while who who's whom whose why will with would you your yours much need there's happens happen does"
    ),
    "de": (
        "aber als am an auch auf aus bei beim bin bis bitte da damit dann das dass dem den denn der des dessen die "
        "dies diese diesem diesen dieser dieses doch dort du ein eine einem einen einer eines er es etwa für gibt "
        "hab habe haben hat hatte ich ihm ihn ihr ihre ihrem ihren ihrer im in ist ja kann kein keine können könnte "
        "man mein meine meinem meinen meiner mich mir mit muss müssen nach noch nun nur ob oder sein seine sich sie "
        "sind so soll sollen sollte um und uns unser unsere vom von vor wann war warum was welche welchem welchen "
        "welcher welches wem wen wer werde werden wie wieso will wird wo wofür woher wohin wurde wurden zu zum zur "
        "über bekomme bekommt viel viele dürfen darf"
    ),
    "fr": (
        "a ai as au aux avec ce ceci cela ces cet cette combien comment dans de des donc dont du elle elles en est "
        "et été être eux faut il ils j'ai je l la le les leur leurs lui ma mais me mes moi mon ne nos notre nous on "
        "ont ou où par pas peut peux pour pourquoi qu quand que quel quelle quelles quels qui quoi sa sans se ses "
        "si son sont sur ta te tes toi ton tu un une vos votre vous y c'est d'un d'une qu'est qu'il est-ce"
    ),
    "es": (
        "a al algo alguna alguno como con cual cuál cuáles cuando cuándo cuánta cuántas cuánto cuántos cómo de del "
        "desde donde dónde el él ella ellas ellos en era eran es esa ese eso esta está están este esto fue fueron ha "
        "hace han hay he la las le les lo los me mi mis muy más ni no nos nosotros o para pero por porque que qué "
        "quien quién quiénes se ser si sin sobre son su sus también te tengo tiene tienen tu tus un una uno unos "
        "unas y ya yo puede puedo"
    ),
    "it": (
        "a ad ai al alla alle allo anche c'è che chi ci come con cosa cui da dai dal dalla dalle dei del della delle "
        "dello di dove e ed era gli ha hanno ho i il in io la le lei li lo loro lui ma mi mia mie miei mio ne nei "
        "nel nella nelle noi non o per perché più può qual quale quali quando quanta quante quanti quanto questa "
        "queste questi questo se sei si sia sono sta su sua sue sui sul sulla suo tra tu un una uno vi è"
    ),
    "nl": (
        "aan als bij dan dat de deze die dit door een en er geen had heb hebben heeft het hij hoe hoeveel ik in is "
        "je jij kan kunnen maar me met mij mijn moet moeten mag na naar niet nog nu of om ons onze ook op over te "
        "tot uit u uw van voor waar waarom wanneer was wat we welk welke werd wie wij wordt worden ze zich zij zijn zou"
    ),
    "pt": (
        "a ao aos as com como da das de do dos e ela elas ele eles em entre era essa esse esta está este eu foi foram "
        "há isso isto já lhe mais mas me meu meus minha minhas muito na nas no nos não nós o onde os ou para pela "
        "pelo por porque posso pode qual quais quando quanta quantas quanto quantos que quem se sem ser seu seus só "
        "são sobre sua suas também te tem tenho têm um uma você vocês à às é"
    ),
    "sv": (
        "att av blir de dem den denna dessa det detta dig din du där en er ett efter eller från för får ha hade han "
        "har hon hur i inte jag kan man med men mig min mitt mina måste mycket många ni nu när och också om oss på "
        "sig sin ska skall som så till under upp ut vad var varför vem vi vilka vilken vilket vid vår är över"
    ),
    "da": (
        "af alle at blev bliver da de dem den denne der deres det dette dig din du efter eller en er et for fra få "
        "får han har havde hun hvad hvem hvilke hvilken hvilket hvis hvor hvordan hvorfor hvornår i ikke jeg kan kun "
        "man mange med meget men mig min mit mine må når og også om op os over på sig skal som så til ud var ved vi vil"
    ),
    "no": (
        "alle at av ble blir da de dem den denne der deres det dette deg din du etter eller en er et for fra få får "
        "han har hadde hun hva hvem hvilke hvilken hvilket hvis hvor hvordan hvorfor i ikke jeg kan kun man mange med "
        "meg meget men min mitt mine må når og også om opp oss over på seg skal som så til ut var ved vi vil"
    ),
    "fi": (
        "ei en että he hän ja joka jos kanssa kuin kuinka kuka me mikä miksi milloin minkä minulla minun minä missä "
        "mitä mitkä mistä mihin monta mutta myös ne ne niin nyt oli olla on ovat paljonko se sen siitä sinä tai te "
        "tämä tämän tässä vai voi voiko voinko"
    ),
    "ru": (
        "а без был была были было быть в вам вас во вот все всего вы где да для до его ее её если есть еще ещё же за "
        "и из или им их к как какая какие какой каких когда кто куда ли мне могу можно мой моя мои мы на над нам нас "
        "не него нет ни но о об он она они оно от откуда по под почему при с сколько со так также такой там то того "
        "тоже только у уже чего чем что чтобы эта эти это этого этой этот я"
    ),
    "pl": (
        "a aby ale bez bo by być był była było były co czy czyj dla do gdy gdzie go i ich ile im ja jak jaka jaki "
        "jakie jako je jego jej jest jestem kiedy kto która które który ma mam mi mnie moja moje mogę może można mój "
        "na nad nam nas nie niż o od on ona oni one oraz po pod przez przy są się ta tak także tam te tego tej ten to "
        "tu ty w we wy z za ze że"
    ),
}  # fmt: skip

STOPWORDS = {language: frozenset(words.split()) for language, words in _BY_LANGUAGE.items()}
STOPWORDS["nb"] = STOPWORDS["nn"] = STOPWORDS["no"]
