//! The mends as a shell script: it goes on where a step fails, does nothing twice, and says what it
//! did. Nobody but a person runs it.

use std::fmt::Write;

use super::check::Check;
use super::mend::{Loader, Step, grub_line, quote};

/// What every such script begins with.
const HEAD: &str = include_str!("script.sh");

/// Where GRUB reads what is kept.
const GRUB: &str = "/etc/default/grub.d/tickline.cfg";

/// The mends of everything that failed; `scenario` names what was examined.
pub fn print(scenario: &str, checks: &[Check]) -> String {
    let mut text = HEAD.replace("@SCENARIO@", &comment(scenario));
    let (mut options, mut loader) = (Vec::new(), Loader::Other);
    for check in checks.iter().filter(|check| check.failed()) {
        let _ = writeln!(text, "\n# required: {}", comment(&check.required));
        let _ = writeln!(text, "# found:    {}", comment(&check.current));
        let _ = writeln!(text, "step {} {}", quote(&check.condition), quote(check.costs));
        for step in check.mend.steps() {
            if let Step::Boot(option, by) = step {
                options.push(option.clone());
                loader = *by;
            }
            text += &lines(step);
        }
        if check.mend.steps().is_empty() {
            let _ = writeln!(text, "advise {}", quote(&check.mend.command()));
        }
    }
    if !options.is_empty() {
        text += &boot(&options.join(" "), loader);
    }
    text + "\nreport\n"
}

/// The lines of one step.
fn lines(step: &Step) -> String {
    let mut text = match step {
        Step::Set { value, files } => {
            let files: Vec<_> = files.iter().map(|file| quote(file)).collect();
            format!("set_value {} {}\n", quote(value), files.join(" "))
        }
        // All at once, below.
        Step::Boot(option, _) => format!("boot_option {}\n", quote(option)),
        Step::Here(command) => {
            format!("advise {}\n", quote(&format!("for a shell that is open: sudo {command}")))
        }
        Step::Run(command) => format!("run {command}\n"),
        Step::Keep(command) => format!("keep {command}\n"),
        Step::File { .. } => String::new(),
    };
    if let Some((path, content)) = step.file() {
        let _ = writeln!(text, "keep_file {} {}", quote(&path), quote(&content));
    }
    text
}

/// The kernel's command line, whole: each run writes the same.
fn boot(options: &str, loader: Loader) -> String {
    let step = "\nstep 'options of the kernel, at its next boot'\n";
    let keep = match loader {
        Loader::UpdateGrub => {
            format!("keep_file {GRUB} {}\nkeep update-grub\n", quote(&grub_line(options)))
        }
        Loader::Grubby => {
            format!("keep grubby --update-kernel=ALL --args={}\n", quote(options))
        }
        Loader::Other => format!(
            "advise {}\n",
            quote(&format!("your boot loader is not known: add `{options}` to its kernel line"))
        ),
    };
    step.to_owned() + &keep
}

/// On one line.
fn comment(text: &str) -> String {
    text.replace(char::is_control, " ")
}
