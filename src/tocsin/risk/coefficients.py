"""Prior coefficients of the logistic score.

Nobody has yet fitted these to outcomes: a forecast made with them says ``calibrated=False``.
They are expert priors, set so that the orderings of DESIGN section 6 (guard-rail 4) come out:

=====================================================  ===========  ========
situation                                              probability  level
=====================================================  ===========  ========
nothing but the base rate                                0.2 %      –
one hostile post about the place                         1.5 %      watch
the same, naming a venue there                           5 %        alert
two independent hostile posts                            4.5 %      alert
one hostile call with place, no hour                     20 %       alert
a call inheriting hostility, with place and hour         10 %       alert
the same with an uptake                                  18 %       alarm
a hostile call with place, hour and uptake               60 %       alarm
=====================================================  ===========  ========

Base rate: mob violence at one city against one group on a day on which something is said about
it at all, 1 in 500: the order of magnitude of event counts per city and day in conflict data,
raised for the selection by speech. Structure (log-odds, one additive term per sign) after
King & Zeng (2001), "Logistic regression in rare events data"; the spread of a coefficient is
a normal prior with the standard deviation given beside it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prior:
    """A coefficient on the log-odds scale: mean and standard deviation."""

    weight: float
    sd: float


@dataclass(frozen=True, slots=True)
class Coefficients:
    """One prior per term; ``tocsin.risk.features`` says how each value is measured.

    Args:
        base_rate: probability in 24 hours without any term.
        base_sd: standard deviation of its log-odds.
        hostile_act: a post asserts hostility about this place.
        hostility_inherited: hostility stands behind a call and does not name the place.
        hostile_posts: doublings of the hostile posts.
        directed: a hostile post names a venue here.
        channels: doublings of the independent channels.
        call: a call to gather here, hostile or with hostility behind it.
        weak_call: a call here tied by the place or an allegation alone.
        call_timed: it names a time.
        call_soon: that time lies within the horizon.
        uptake: doublings of those who say they are coming.
        event_nearby: violence against the group reported nearby by two channels.
        nearby: hostile posts or calls against the group at places nearby.
        growth: doublings of the rumour's pace over its usual one.
        support: doublings of the independent channels that allege or dehumanise.
        preparation, target_marking, ultimatum: that signal in a hostile post or call.
        ultimatum_due: an ultimatum expires within the horizon.
        retargeting: a call against the group, here or nearby, whose hour has just passed.
        trigger: an incident here is ascribed to the group while there is hostility.
        fear: the group itself speaks of fear or closes its doors here.
        arrival, standing_aside: that signal in a hostile post or call.
        calm: doublings of denials, calm appeals and counter-mobilisation; never within a day.
        confirmed: a person at the desk has confirmed the situation.
        peaceful_met: a peaceful gathering at the same place and time.
    """

    base_rate: float = 0.002
    base_sd: float = 0.7
    hostile_act: Prior = Prior(2.0, 0.6)
    hostility_inherited: Prior = Prior(1.2, 0.5)
    hostile_posts: Prior = Prior(0.25, 0.1)
    directed: Prior = Prior(1.3, 0.5)
    channels: Prior = Prior(0.9, 0.3)
    call: Prior = Prior(1.8, 0.5)
    weak_call: Prior = Prior(1.7, 0.6)
    call_timed: Prior = Prior(0.4, 0.2)
    call_soon: Prior = Prior(0.6, 0.3)
    uptake: Prior = Prior(0.7, 0.3)
    event_nearby: Prior = Prior(1.2, 0.4)
    nearby: Prior = Prior(0.4, 0.3)
    growth: Prior = Prior(0.3, 0.15)
    support: Prior = Prior(0.8, 0.3)
    preparation: Prior = Prior(0.4, 0.3)
    target_marking: Prior = Prior(0.4, 0.3)
    ultimatum: Prior = Prior(0.4, 0.3)
    ultimatum_due: Prior = Prior(0.5, 0.3)
    retargeting: Prior = Prior(0.6, 0.3)
    trigger: Prior = Prior(0.4, 0.3)
    fear: Prior = Prior(0.3, 0.3)
    arrival: Prior = Prior(0.4, 0.3)
    standing_aside: Prior = Prior(0.4, 0.3)
    calm: Prior = Prior(-0.2, 0.2)
    confirmed: Prior = Prior(1.0, 0.5)
    peaceful_met: Prior = Prior(1.7, 0.6)
