"""Addresses that hear of events, and messages to them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('url', models.CharField(max_length=500, verbose_name='address')),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('answer.finished', 'An answer is finished'), ('feedback.given', 'Somebody said what they think of an answer'), ('document.ready', 'A document can be asked'), ('document.failed', 'A document could not be read'), ('document.removed', 'A document was removed')], max_length=40), size=None, verbose_name='events')),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('secret_key', models.CharField(blank=True, max_length=80)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('disabled_because', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'webhook',
                'verbose_name_plural': 'webhooks',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('event', models.CharField(max_length=40, verbose_name='event')),
                ('data', models.JSONField(default=dict)),
                ('happened_at', models.DateTimeField(verbose_name='happened')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'On its way'), ('delivered', 'Delivered'), ('failed', 'Given up')], default='waiting', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('due_at', models.DateTimeField(verbose_name='next try')),
                ('lease_until', models.DateTimeField(null=True)),
                ('worker', models.CharField(blank=True, max_length=40)),
                ('status_code', models.PositiveSmallIntegerField(null=True, verbose_name='status')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='ended')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='webhooks.endpoint')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages of webhooks',
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['due_at'], name='messages_that_wait'), models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='messages_that_ended')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state__in', ['waiting', 'running'])), models.Q(('finished_at__isnull', False), ('state__in', ['delivered', 'failed'])), _connector='OR'), name='a_message_has_ended_or_not')],
            },
        ),
    ]
