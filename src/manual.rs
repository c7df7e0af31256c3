//! Manual page and shell completions, from the declaration of the command line.

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// Script with which a shell completes the command line.
pub(crate) fn completions(shell: Shell, mut command: Command) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "optimap", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Manual page in the format of `man`, including the arguments of the commands.
pub(crate) fn page(mut command: Command) -> String {
    command.build();
    let man = Man::new(command.clone()).title("OPTIMAP");
    let mut page = Vec::new();
    write(&man, &command, &mut page).expect("memory takes all bytes");
    String::from_utf8_lossy(&page).into_owned()
}

fn write(man: &Man, command: &Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    commands(command).to_writer(page)
}

fn commands(command: &Command) -> Roff {
    let mut page = Roff::new();
    page.control("SH", ["COMMANDS"]);
    for command in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        page.control("SS", [command.get_name()]);
        let about = command.get_long_about().or(command.get_about());
        page.text([roman(sentence(about))]);
        for argument in command.get_arguments() {
            // Global options are described above.
            if argument.is_global_set() || argument.is_hide_set() || argument.get_id() == "help" {
                continue;
            }
            let help = argument.get_long_help().or(argument.get_help());
            page.control("TP", []);
            page.text([bold(argument.to_string())]);
            page.text([roman(sentence(help))]);
        }
    }
    page
}

/// Help text as a sentence.
fn sentence(text: Option<&clap::builder::StyledStr>) -> String {
    let text = text.map(ToString::to_string).unwrap_or_default();
    format!("{}.", text.trim_end_matches('.'))
}
