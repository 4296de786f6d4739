"""Words that say nothing by themselves, in the languages that most posts are in.

Only those of three letters or more: shorter words never name a rumour. In other languages what is
common in the background posts is left out by its share alone.
"""

from __future__ import annotations

_WORDS = """
без более был была были было быть вам вами вас ваш ваша ваши весь вот все всё всегда всего всей
всем всех вся где говорят даже для его если есть ещё еще или именно как какая какие какой когда
кого который которая которые которых кто кому куда между меня мне много может можно мой моя мои
мной мною над надо нам нами нас наш наша наши него неё нее ней нет нибудь никогда них ним ничего
них нужно один одна около она они оно опять очень перед под пока после потом потому почему почти
при про просто разве раз свой своя свои своего своих себе себя сегодня сейчас сказал сказали
сколько снова совсем так такая также такие такой там тебе тебя тем теперь тех тогда того тоже той
только том тот три туда тут уже хоть чего чей чем через что чтоб чтобы чуть эта эти этим этих это
этого этой этом этот этому вчера завтра две два двух трёх четыре пять будет будут буду либо лишь
против среди зато хотя кроме ради
the and for are but not you all any can had her was one our out has him his how its may new now
old see two who did get let say she too use that with have this will your from they know want been
good much some time very when come here just like long make many more only over such take than
them well were what which while about after again also because before being between both could
does doing down during each into itself most once other same should their then there these those
through under until upon where whom why would yours yourself said says today tomorrow yesterday
або але для його йому коли який яка які вже про при під щоб або так там теж тут він вона вони воно
бути був була були буде цей цього цьому ця ці хто
aber als auch auf aus bei bin bis das dass dem den der des die ein eine einem einen einer eines
ist für hat hatte ich ihr ihre man mehr mein mit nach nicht noch nur oder sehr sein seine sich sie
sind über und uns von vor war waren wenn wer wie wird wir zum zur
aux avec ces cette comme dans des elle elles est eux leur leurs les mais même nos notre nous par
pas plus pour quand que qui sans ses son sont sur tout tous une vos votre vous était ont été
ahora algo como con contra cuando del desde donde ella ellos ese eso esta este esto está están
estas estos hay las les los más muy nos otro otra para pero por porque que quien ser sin sobre son
también tiene todo todos una uno unos hoy
alla alle anche che chi come con cui dal dalla degli del della delle dei gli nel nella non per più
quando quello questa questo sono sua suo tra una
aan als bij dan dat deze die dit door een had heb hem het hij hun kan maar met mijn naar niet nog
ook onze over tot uit van voor was wat werd wij zal zich zijn
ale albo ani bez być był była było czy dla gdy gdzie ich jak jaki jako jego jej jest już lub mnie
może nie niż oraz pod przed przez przy się tak tam ten tej tego też tylko tym
ama ancak bana ben bir biz bizim bunu çok daha değil diye gibi için ile kadar kendi nasıl neden
olan olarak sen siz son şey şimdi var veya yok
como dos das ela ele eles então essa esse está foi isso isto mais mas mesmo meu minha muito nas
nem nos não para pela pelo por quando que quem sem ser seu sua são também tem uma você
من في على إلى عن هذا هذه التي الذي ذلك كان كانت وقد لقد ولا وهو وهي بعد قبل كما لكن عند كل
"""

STOP_WORDS = frozenset(_WORDS.split())
"""Casefolded."""

_SHORT = """
a an as at be by do he i if in is it me my no of on or so to up us we
а в во да до же и из к ко ли мы на не ни но о об от по с со ты у уж я
al da de di du el en es et il je la le ne se si un y im ob zu
"""

COMMON_WORDS = STOP_WORDS | frozenset(_SHORT.split())
"""With the short ones: what is known to be common before any post was read."""
