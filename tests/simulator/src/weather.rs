//! What breaks for everybody for some minutes: the bus, the cloud's clocks, the database.

use crate::{
    rules::rule_of,
    schedules::{Call, Fault},
    world::{What, World},
};

/// What of EventBridge's rules can fail, and how.
const CALLS: [&str; 6] = [
    "PutRule",
    "PutTargets",
    "RemoveTargets",
    "DeleteRule",
    "DisableRule",
    "ListTargetsByRule",
];
const CODES: [&str; 4] = [
    "ThrottlingException",
    "InternalException",
    "AccessDeniedException",
    "ConcurrentModificationException",
];

impl World {
    /// The bus, the cloud or the database breaks for some minutes, or is mended for some hours.
    pub(crate) fn weather(&mut self, breaks: bool) {
        if self.is_calm {
            return;
        }
        self.mend();
        if breaks {
            match self.chance.number(0, 9) {
                0..=3 => self.is_bus_down = true,
                4..=7 => self.break_cloud(),
                _ => self.break_database(),
            }
        }
        let delay = match breaks {
            true => self.chance.seconds(30, 400),
            false => self.chance.seconds(4 * 3_600, 30 * 3_600),
        };
        self.schedule(delay, What::Weather(!breaks));
    }

    /// Everything works again.
    pub(crate) fn mend(&mut self) {
        self.is_bus_down = false;
        self.is_cloud_broken = false;
        self.cloud.rules.heal();
        self.cloud.schedules.heal();
        self.rules_may_differ = true;
        if std::mem::take(&mut self.is_database_down) {
            self.restart(false);
        }
    }

    fn break_cloud(&mut self) {
        self.is_cloud_broken = true;
        self.tally.fault("cloud refuses rules");
        match self.chance.number(0, 3) {
            0 => self.break_rules(),
            1 => self.break_schedules(),
            _ => {
                self.break_rules();
                self.break_schedules();
            }
        }
        self.notice();
    }

    fn break_rules(&mut self) {
        let cloud = &self.cloud.rules;
        if self.chance.hits(25.0) {
            cloud.fail_entries("sundial-");
        }
        if self.chance.hits(10.0) {
            let code = self.chance.pick(&CODES, "InternalException");
            return cloud.fail("ListRules", "sundial-", code);
        }
        for job in &self.jobs {
            let name = rule_of(job.id);
            for call in CALLS {
                if self.chance.hits(40.0) {
                    cloud.fail(call, &name, self.chance.pick(&CODES, "InternalException"));
                }
            }
        }
    }

    fn break_schedules(&mut self) {
        let cloud = &self.cloud.schedules;
        if self.chance.hits(10.0) {
            let code = self.chance.pick(&CODES, "InternalException");
            return cloud.fail(Call::List, "sundial-", Fault::Refused(code));
        }
        for job in &self.jobs {
            let name = rule_of(job.id);
            for call in [Call::Create, Call::Delete] {
                if self.chance.hits(50.0) {
                    let code = self.chance.pick(&CODES, "InternalException");
                    let fault = match self.chance.hits(30.0) {
                        true => Fault::Unheard,
                        false => Fault::Refused(code),
                    };
                    cloud.fail(call, &name, fault);
                }
            }
        }
    }

    /// Somebody has to notice: it is that jobs change just now, or give way to new ones, or that
    /// just now the clock is moved.
    fn notice(&mut self) {
        if let Some(job) = self.jobs.last().map(|job| job.id) {
            let action = self.chance.pick(&["pause", "resume", "replace"], "pause");
            let delay = self.chance.seconds(0, 30);
            self.schedule(delay, What::Press(job, action));
        }
        let live = self.jobs.iter().filter(|job| job.is_live());
        let live: Vec<_> = live.map(|job| Some(job.id)).collect();
        if let Some(job) = self.chance.pick(&live, None) {
            let delay = self.chance.seconds(0, 30);
            self.schedule(delay, What::Press(job, "edit"));
        }
        if self.chance.hits(20.0) {
            let delay = self.chance.seconds(60, 180);
            self.move_clock(Some(delay));
        }
    }

    /// The database goes away: every connection breaks, and a sweep that stands still dies.
    fn break_database(&mut self) {
        self.is_database_down = true;
        self.tally.fault("databases restarted");
        self.log(|| "the database goes away".to_owned());
        if let Some(stalled) = self.stalled.take() {
            drop(stalled);
            self.sweepers.line.release(false);
        }
        self.restart(true);
    }

    fn restart(&self, is_down: bool) {
        for office in [&self.workers, &self.sweepers, &self.desk] {
            office.line.restart(is_down);
        }
    }
}
