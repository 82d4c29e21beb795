import path from 'node:path';
import { addImage, listImages, removeImage } from '@lateen/cluster/images/index';
import { type Command, Option } from 'commander';
import { clusterFiles, defaultClusterName } from '../cluster/files.ts';
import { type CommandContext, CommandError } from '../context.ts';
import { formatStructured } from '../output/structured.ts';
import { formatTable } from '../output/table.ts';
import type { CommandModule } from './index.ts';
import { example } from './name-option.ts';

export const image: CommandModule = {
  programs: ['lateen'],
  register(root, context) {
    const parent = root
      .command('image')
      .description(
        'name the programs of this machine that pods may run as images; they hold for all clusters',
      )
      .addHelpText(
        'after',
        example(
          'lateen image add myteam/reviews:dev -- node /home/me/reviews/server.js',
          'lateen image list',
        ),
      );
    registerAdd(parent, context);
    registerRemove(parent, context);
    registerList(parent, context);
  },
};

function userImagesFile(context: CommandContext): string {
  return path.join(clusterFiles(defaultClusterName, context.env).home, 'images.yaml');
}

function registerAdd(parent: Command, context: CommandContext): void {
  parent
    .command('add')
    .description('let NAME stand for a command')
    .argument('<name>', 'image name as pods give it, with or without a tag')
    .argument('<command...>', 'the command and its arguments, after --')
    .option(
      '--dir <folder>',
      'folder that the container sees read-only and starts in (default: the current one)',
    )
    .addHelpText('after', example('lateen image add myteam/reviews:dev -- node server.js'))
    .action((name: string, command: string[], options) => {
      addImage(userImagesFile(context), { name, command, directory: path.resolve(options.dir ?? '.') });
      context.out(`image ${name} stands for: ${command.join(' ')}\n`);
    });
}

function registerRemove(parent: Command, context: CommandContext): void {
  parent
    .command('remove')
    .description('forget an image that was added')
    .argument('<name>', 'image name')
    .addHelpText('after', example('lateen image remove myteam/reviews:dev'))
    .action((name: string) => {
      if (!removeImage(userImagesFile(context), name)) {
        throw new CommandError(`no image ${name} was added; 'lateen image list' shows which were`);
      }
      context.out(`image ${name} is forgotten\n`);
    });
}

function registerList(parent: Command, context: CommandContext): void {
  parent
    .command('list')
    .description('show the images that were added')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml']))
    .addHelpText('after', example('lateen image list'))
    .action((options) => {
      const images = listImages(userImagesFile(context));
      if (options.output) return context.out(formatStructured(images, options.output));
      if (images.length === 0) return context.out("none added yet; see 'lateen image add --help'\n");
      context.out(
        `${formatTable(
          ['NAME', 'COMMAND', 'FOLDER'],
          images.map((i) => [i.name, i.command.join(' '), i.directory ?? '']),
        )}\n`,
      );
    });
}
