//! Work that is done on several threads, and whose results are taken on one, in the order in which the work was given.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Takes jobs and gives their results in the same order.
pub struct InOrder<'w, J, R> {
    shared: &'w Shared<J, R>,
    work: &'w (dyn Fn(J) -> R + Sync),
}

struct Shared<J, R> {
    state: Mutex<State<J, R>>,
    changed: Condvar,
}

struct State<J, R> {
    waiting: VecDeque<(u64, J)>,
    /// Results that are not taken yet; a fault of the work goes on where the result is taken.
    done: HashMap<u64, thread::Result<R>>,
    given: u64,
    taken: u64,
    paused: bool,
    closed: bool,
}

/// Runs `give` on this thread; what it hands to the queue is done on `threads` threads, this one included, which works
/// while it waits for a result. With one thread no other is started. Jobs whose results are not taken may stay undone.
pub fn in_order<J: Send, R: Send, T>(
    threads: usize,
    work: impl Fn(J) -> R + Sync,
    give: impl FnOnce(&mut InOrder<'_, J, R>) -> T,
) -> T {
    let state =
        State { waiting: VecDeque::new(), done: HashMap::new(), given: 0, taken: 0, paused: false, closed: false };
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new() };
    let mut queue = InOrder { shared: &shared, work: &work };
    if threads < 2 {
        return give(&mut queue);
    }
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without another thread this one does all the work.
            let _ = thread::Builder::new().spawn_scoped(scope, || shared.serve(&work));
        }
        let _closing = Closing(&shared);
        give(&mut queue)
    })
}

impl<J, R> InOrder<'_, J, R> {
    /// Adds a job.
    pub fn give(&mut self, job: J) {
        let mut state = self.shared.lock();
        let number = state.given;
        state.given = number.wrapping_add(1);
        state.waiting.push_back((number, job));
        self.shared.changed.notify_one();
    }

    /// Jobs whose results were not taken.
    pub fn outstanding(&self) -> usize {
        let state = self.shared.lock();
        usize::try_from(state.given.wrapping_sub(state.taken)).unwrap_or(usize::MAX)
    }

    /// The result of the oldest job whose result was not taken; `None` if there is none.
    pub fn take(&mut self) -> Option<R> {
        let mut state = self.shared.lock();
        while state.taken != state.given {
            let oldest = state.taken;
            if let Some(result) = state.done.remove(&oldest) {
                state.taken = oldest.wrapping_add(1);
                return Some(result.unwrap_or_else(|fault| resume_unwind(fault)));
            }
            state = match state.waiting.pop_front() {
                Some((number, job)) => {
                    drop(state);
                    let result = (self.work)(job);
                    let mut state = self.shared.lock();
                    state.done.insert(number, Ok(result));
                    state
                }
                None => self.shared.wait(state),
            };
        }
        None
    }

    /// Does something that uses threads of its own: meanwhile no other job is begun.
    pub fn alone<T>(&mut self, act: impl FnOnce() -> T) -> T {
        self.shared.lock().paused = true;
        let result = act();
        self.shared.lock().paused = false;
        self.shared.changed.notify_all();
        result
    }
}

impl<J, R> Shared<J, R> {
    fn lock(&self) -> MutexGuard<'_, State<J, R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State<J, R>>) -> MutexGuard<'s, State<J, R>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Does jobs until the queue is closed.
    fn serve(&self, work: &(dyn Fn(J) -> R + Sync)) {
        let mut state = self.lock();
        while !state.closed {
            let job = if state.paused { None } else { state.waiting.pop_front() };
            state = match job {
                Some((number, job)) => {
                    drop(state);
                    let result = catch_unwind(AssertUnwindSafe(|| work(job)));
                    let mut state = self.lock();
                    state.done.insert(number, result);
                    self.changed.notify_all();
                    state
                }
                None => self.wait(state),
            };
        }
    }
}

/// Closes the queue, also when the thread that gives the jobs ends with a fault: the others wait for that.
struct Closing<'s, J, R>(&'s Shared<J, R>);

impl<J, R> Drop for Closing<'_, J, R> {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Earlier jobs take longer.
    fn slow(job: u64) -> u64 {
        thread::sleep(Duration::from_millis(20_u64.saturating_sub(job)));
        job * 10
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [1, 2, 4] {
            let results = in_order(threads, slow, |queue| {
                (0..20).for_each(|job| queue.give(job));
                assert_eq!(queue.outstanding(), 20);
                let mut results: Vec<u64> = (0..5).filter_map(|_| queue.take()).collect();
                queue.alone(|| ());
                queue.give(20);
                results.extend(std::iter::from_fn(|| queue.take()));
                results
            });
            assert_eq!(results, (0..21).map(|job| job * 10).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn jobs_may_be_left_undone() {
        let first = in_order(3, slow, |queue| {
            (0..50).for_each(|job| queue.give(job));
            queue.take()
        });
        assert_eq!(first, Some(0));
    }

    #[test]
    fn a_fault_of_the_work_goes_on_where_its_result_is_taken() {
        for threads in [1, 3] {
            let fault = catch_unwind(|| {
                in_order(
                    threads,
                    |job: u64| assert!(job != 2, "job two"),
                    |queue| {
                        (0..4).for_each(|job| queue.give(job));
                        while queue.take().is_some() {}
                    },
                );
            });
            assert!(fault.is_err(), "{threads} threads");
        }
    }
}
